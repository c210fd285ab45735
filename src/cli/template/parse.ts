import { TemplateError } from "./error.ts";
import { type Piece, pieces, type Token } from "./lex.ts";

/** An expression of one value; `fields` are looked up in it, one after the other. */
export interface Term {
  readonly base:
    | { readonly kind: "dot" }
    | { readonly kind: "variable"; readonly name: string }
    | { readonly kind: "literal"; readonly value: string | number | boolean | null }
    | { readonly kind: "function"; readonly name: string }
    | { readonly kind: "group"; readonly pipeline: Pipeline };
  readonly fields: readonly string[];
}

/** Commands, each the last argument of the next; a command is a term and its arguments. */
export interface Pipeline {
  readonly commands: readonly (readonly Term[])[];
  /** `$x := ...` and `$x = ...`; two names in range. */
  readonly variables: readonly string[];
  readonly declares: boolean;
  readonly source: string;
}

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "output"; readonly pipeline: Pipeline }
  | { readonly kind: "break" | "continue" }
  | Block<"if">
  | Block<"with">
  | Block<"range">;

export interface Block<Kind extends "if" | "with" | "range"> {
  readonly kind: Kind;
  readonly pipeline: Pipeline;
  readonly body: readonly Node[];
  readonly otherwise: readonly Node[];
}

/** Reads a template of Go's text/template, as far as docker's users write them; throws TemplateError. */
export function parseTemplate(template: string): readonly Node[] {
  const reader = new Reader(pieces(template));
  const { nodes, ending } = reader.nodes();
  if (ending) throw new TemplateError(`unexpected {{${ending.word}}}`);
  return nodes;
}

interface Ending {
  readonly word: "end" | "else";
  /** What follows else: `else if ...`. */
  readonly rest: readonly Token[];
  readonly source: string;
}

class Reader {
  readonly #pieces: readonly Piece[];
  #next = 0;

  constructor(all: readonly Piece[]) {
    this.#pieces = all;
  }

  /** Nodes up to {{end}}, {{else}} or the end of the template. */
  nodes(): { nodes: Node[]; ending: Ending | undefined } {
    const nodes: Node[] = [];
    for (let piece = this.#pieces[this.#next++]; piece; piece = this.#pieces[this.#next++]) {
      if ("text" in piece) {
        if (piece.text !== "") nodes.push({ kind: "text", text: piece.text });
        continue;
      }
      const [first, ...rest] = piece.action;
      const word = first?.kind === "word" ? first.name : "";
      if (word === "end" || word === "else") return { nodes, ending: { word, rest, source: piece.source } };
      nodes.push(this.#node(word, piece.action, piece.source));
    }
    return { nodes, ending: undefined };
  }

  #node(word: string, action: readonly Token[], source: string): Node {
    if (word === "if" || word === "with" || word === "range") return this.#block(word, action.slice(1), source);
    if (word === "break" || word === "continue") return { kind: word };
    return { kind: "output", pipeline: parsePipeline(action, source) };
  }

  #block(kind: "if" | "with" | "range", condition: readonly Token[], source: string): Node {
    const pipeline = parsePipeline(condition, source);
    const { nodes: body, ending } = this.nodes();
    if (!ending) throw new TemplateError("{{end}} is missing", source);
    return { kind, pipeline, body, otherwise: ending.word === "end" ? [] : this.#otherwise(kind, ending) };
  }

  #otherwise(kind: "if" | "with" | "range", { rest, source }: Ending): Node[] {
    const [first, ...condition] = rest;
    // `else if` shares the {{end}} of the outer if.
    if (first?.kind === "word" && first.name === kind && kind !== "range")
      return [this.#block(kind, condition, source)];
    if (first) throw new TemplateError(`unexpected words after else`, source);
    const { nodes, ending } = this.nodes();
    if (ending?.word !== "end") throw new TemplateError("{{end}} is missing", source);
    return nodes;
  }
}

function parsePipeline(tokens: readonly Token[], source: string): Pipeline {
  const variables: string[] = [];
  let at = 0;
  const sign = tokens.findIndex(({ kind }) => kind === "define" || kind === "assign");
  for (; at < sign; at++) {
    const token = tokens[at];
    if (token?.kind === "variable") variables.push(token.name);
    else if (token?.kind !== "comma") throw new TemplateError("only variables can be assigned", source);
  }
  const declares = tokens[sign]?.kind === "define";
  const cursor = { tokens, at: sign < 0 ? 0 : sign + 1, source };
  const commands = parseCommands(cursor);
  if (cursor.at < tokens.length) throw new TemplateError("unexpected )", source);
  return { commands, variables, declares, source };
}

interface Cursor {
  readonly tokens: readonly Token[];
  readonly source: string;
  at: number;
}

function parseCommands(cursor: Cursor): Term[][] {
  const commands: Term[][] = [[]];
  for (let token = cursor.tokens[cursor.at]; token && token.kind !== "close"; token = cursor.tokens[cursor.at]) {
    cursor.at++;
    if (token.kind === "pipe") commands.push([]);
    else commands.at(-1)?.push(parseTerm(token, cursor));
  }
  if (commands.some((command) => command.length === 0)) throw new TemplateError("missing value", cursor.source);
  return commands;
}

function parseTerm(token: Token, cursor: Cursor): Term {
  const base = token.kind === "open" ? parseGroup(cursor) : parseBase(token, cursor.source);
  const fields = token.kind === "field" ? [token.name] : [];
  for (let next = cursor.tokens[cursor.at]; next?.kind === "chain"; next = cursor.tokens[cursor.at]) {
    fields.push(next.name);
    cursor.at++;
  }
  return { base, fields };
}

function parseGroup(cursor: Cursor): Term["base"] {
  const pipeline = { commands: parseCommands(cursor), variables: [], declares: false, source: cursor.source };
  if (cursor.tokens[cursor.at]?.kind !== "close") throw new TemplateError("unclosed (", cursor.source);
  cursor.at++;
  return { kind: "group", pipeline };
}

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["false", false],
  ["nil", null],
]);

function parseBase(token: Token, source: string): Term["base"] {
  switch (token.kind) {
    case "dot":
    case "field":
      return { kind: "dot" };
    case "variable":
      return { kind: "variable", name: token.name };
    case "string":
    case "number":
      return { kind: "literal", value: token.value };
    case "word": {
      const constant = constants.get(token.name);
      return constant === undefined ? { kind: "function", name: token.name } : { kind: "literal", value: constant };
    }
    case "pipe":
    case "open":
    case "close":
    case "comma":
    case "define":
    case "assign":
    case "chain":
      throw new TemplateError("unexpected punctuation", source);
  }
}
