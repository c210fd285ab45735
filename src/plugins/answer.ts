import { EngineError } from "../base/errors.ts";
import type { PluginAnswer } from "../contracts/plugins.ts";
import type { Posted } from "./post.ts";

/** Where plugins of the two interfaces put their refusals: NetworkDriver in Err, IpamDriver in Error; either is taken from both. */
const errorFields = ["Err", "Error"] as const;
/** A user reads them; a page of HTML is no help. */
const longestWords = 500;

/**
 * What a plugin's answer says. Undefined for 404: it does not have the verb. Throws PLUGIN_FAILED with its own words, or
 * PLUGIN_ANSWER for what is no JSON object.
 */
export function answerOf(plugin: string, verb: string, { status, text }: Posted): PluginAnswer | undefined {
  const answer = parse(text);
  const words =
    answer && errorFields.map((field) => answer[field]).find((value) => typeof value === "string" && value !== "");
  if (typeof words === "string") throw new EngineError("PLUGIN_FAILED", { plugin, verb, words: shortened(words) });
  if (status === 404) return undefined;
  if (status !== 200) {
    const said = shortened(text.trim()) || "nothing more";
    throw new EngineError("PLUGIN_FAILED", { plugin, verb, words: `HTTP status ${status}: ${said}` });
  }
  if (answer) return answer;
  const why = text.trim() === "" ? "it is empty" : `it is no JSON object: ${shortened(text.trim())}`;
  throw new EngineError("PLUGIN_ANSWER", { plugin, verb, why });
}

function parse(text: string): PluginAnswer | undefined {
  try {
    // Go's decoder takes null for an object without fields, and helpers of plugins write it where there is nothing to say.
    const value: unknown = JSON.parse(text) ?? {};
    return typeof value === "object" && !Array.isArray(value) ? (value as PluginAnswer) : undefined;
  } catch {
    return undefined; // said by the caller, who knows the status
  }
}

const shortened = (text: string): string => (text.length > longestWords ? `${text.slice(0, longestWords)}...` : text);
