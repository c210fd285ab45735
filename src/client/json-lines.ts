import { parseJson } from "./transport.ts";

/** The JSON objects of a stream, one a line. */
export async function* readJsonLines<T>(source: AsyncIterable<Uint8Array>): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of source) {
    text += decoder.decode(bytes, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield parseJson(line) as T;
  }
  if (text.trim() !== "") yield parseJson(text) as T;
}
