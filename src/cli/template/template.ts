import { type EvaluateOptions, evaluate } from "./evaluate.ts";
import { parseTemplate } from "./parse.ts";
import type { Value } from "./values.ts";

/** Compiles a template: `compile("{{.Name}}")({ Name: "web" })` is "web". */
export function compile(template: string, options: EvaluateOptions = {}): (data: Value) => string {
  const nodes = parseTemplate(template);
  return (data) => evaluate(nodes, data, options);
}
