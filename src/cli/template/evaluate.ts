import { TemplateError } from "./error.ts";
import { functions } from "./functions.ts";
import type { Block, Node, Pipeline, Term } from "./parse.ts";
import { entries, isTrue, type Method, show, type Value } from "./values.ts";

export interface EvaluateOptions {
  /** What a missing field is; by default it fails. */
  missing?(name: string): Value;
}

/** The text that a parsed template makes of `data`; throws TemplateError. */
export function evaluate(nodes: readonly Node[], data: Value, options: EvaluateOptions = {}): string {
  const run = new Run(options);
  run.nodes(nodes, data, new Scope(new Map([["$", data]])));
  return run.text;
}

class Scope {
  readonly #values: Map<string, Value>;
  readonly #outer: Scope | undefined;
  constructor(values: Map<string, Value>, outer?: Scope) {
    this.#values = values;
    this.#outer = outer;
  }
  get(name: string): Value {
    if (this.#values.has(name)) return this.#values.get(name);
    if (this.#outer) return this.#outer.get(name);
    throw new TemplateError(`undefined variable "${name}"`);
  }
  declare(name: string, value: Value): void {
    this.#values.set(name, value);
  }
  assign(name: string, value: Value): void {
    if (this.#values.has(name)) this.#values.set(name, value);
    else if (this.#outer) this.#outer.assign(name, value);
    else throw new TemplateError(`undefined variable "${name}"`);
  }
  inner(): Scope {
    return new Scope(new Map(), this);
  }
}

type Jump = "break" | "continue" | undefined;

class Run {
  text = "";
  readonly #options: EvaluateOptions;

  constructor(options: EvaluateOptions) {
    this.#options = options;
  }

  nodes(nodes: readonly Node[], dot: Value, scope: Scope): Jump {
    for (const node of nodes) {
      const jump = this.#node(node, dot, scope);
      if (jump) return jump;
    }
    return undefined;
  }

  #node(node: Node, dot: Value, scope: Scope): Jump {
    switch (node.kind) {
      case "text":
        this.text += node.text;
        return undefined;
      case "output": {
        const value = this.#pipeline(node.pipeline, dot, scope);
        if (node.pipeline.variables.length === 0) this.text += show(value);
        else this.#set(node.pipeline, [value], scope);
        return undefined;
      }
      case "break":
      case "continue":
        return node.kind;
      case "range":
        return this.#range(node, dot, scope.inner());
      case "if":
      case "with": {
        const inner = scope.inner();
        const value = this.#pipeline(node.pipeline, dot, inner);
        this.#set(node.pipeline, [value], inner);
        if (!isTrue(value)) return this.nodes(node.otherwise, dot, inner);
        return this.nodes(node.body, node.kind === "with" ? value : dot, inner);
      }
      default:
        return node satisfies never;
    }
  }

  #range({ pipeline, body, otherwise }: Block<"range">, dot: Value, scope: Scope): Jump {
    const all = entries(this.#pipeline(pipeline, dot, scope));
    if (all.length === 0) return this.nodes(otherwise, dot, scope);
    for (const [key, value] of all) {
      const inner = scope.inner();
      this.#set(pipeline, pipeline.variables.length > 1 ? [key, value] : [value], inner);
      if (this.nodes(body, value, inner) === "break") break;
    }
    return undefined;
  }

  #set({ variables, declares }: Pipeline, values: readonly Value[], scope: Scope): void {
    for (const [index, name] of variables.entries()) {
      if (declares) scope.declare(name, values[index]);
      else scope.assign(name, values[index]);
    }
  }

  #pipeline({ commands, source }: Pipeline, dot: Value, scope: Scope): Value {
    try {
      return commands.reduce<{ value: Value; piped: boolean }>(
        ({ value, piped }, command) => ({
          value: this.#command(command, dot, scope, piped ? [value] : []),
          piped: true,
        }),
        { value: undefined, piped: false },
      ).value;
    } catch (error) {
      if (error instanceof TemplateError && !error.message.includes(" in {{")) {
        throw new TemplateError(error.message.replace(/^template parsing error: /, ""), source);
      }
      throw error;
    }
  }

  #command([head, ...rest]: readonly Term[], dot: Value, scope: Scope, piped: readonly Value[]): Value {
    if (!head) return piped[0];
    const value = head.base.kind === "function" ? undefined : this.#term(head, dot, scope);
    if (head.base.kind === "function") return this.#call(head.base.name, rest, dot, scope, piped);
    if (typeof value === "function")
      return (value as Method)(...rest.map((term) => this.#term(term, dot, scope)), ...piped);
    if (rest.length > 0 || piped.length > 0) throw new TemplateError("only a function takes arguments");
    return value;
  }

  #call(name: string, terms: readonly Term[], dot: Value, scope: Scope, piped: readonly Value[]): Value {
    if (name === "and" || name === "or") return this.#lazily(name, terms, dot, scope, piped);
    const known = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (!known) throw new TemplateError(`function "${name}" not defined`);
    return known(...terms.map((term) => this.#term(term, dot, scope)), ...piped);
  }

  /** The first argument that decides, or the last one (Go 1.18). */
  #lazily(name: "and" | "or", terms: readonly Term[], dot: Value, scope: Scope, piped: readonly Value[]): Value {
    let value: Value;
    for (const each of [...terms.map((term) => () => this.#term(term, dot, scope)), ...piped.map((one) => () => one)]) {
      value = each();
      if (isTrue(value) === (name === "or")) break;
    }
    return value;
  }

  #term({ base, fields }: Term, dot: Value, scope: Scope): Value {
    const value = this.#base(base, dot, scope);
    return fields.reduce((from, name) => this.#field(from, name), value);
  }

  #base(base: Term["base"], dot: Value, scope: Scope): Value {
    switch (base.kind) {
      case "dot":
        return dot;
      case "variable":
        return scope.get(base.name);
      case "literal":
        return base.value;
      case "function":
        return this.#call(base.name, [], dot, scope, []);
      case "group":
        return this.#pipeline(base.pipeline, dot, scope);
      default:
        return base satisfies never;
    }
  }

  #field(from: Value, name: string): Value {
    const object = typeof from === "function" ? (from as Method)() : from;
    if (typeof object === "object" && object !== null && !Array.isArray(object)) {
      if (Object.hasOwn(object, name)) return (object as Record<string, Value>)[name];
      if (this.#options.missing) return this.#options.missing(name);
      throw new TemplateError(`map has no entry for key "${name}"`);
    }
    if (object === null || object === undefined) throw new TemplateError(`nil data; no entry for key "${name}"`);
    throw new TemplateError(`can't evaluate field ${name} in ${show(object)}`);
  }
}
