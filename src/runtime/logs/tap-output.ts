import type { OutputChunk, OutputTap, OutputWanted } from "../../contracts/runtime.ts";
import { followLines, type LogSource } from "./follow-lines.ts";
import type { LogChain } from "./log-chain.ts";
import { parseLogLine } from "./log-line.ts";

const newline = Buffer.from("\n");

/** Runtime.tap on an open log. */
export function tapOf(chain: LogChain, source: LogSource): OutputTap {
  return {
    follow: (wanted) => follow(chain, source, wanted),
    [Symbol.dispose]: () => chain[Symbol.dispose](),
  };
}

async function* follow(
  chain: LogChain,
  source: LogSource,
  wanted: OutputWanted,
): AsyncGenerator<readonly OutputChunk[], void, void> {
  for await (const lines of followLines(chain, source, wanted)) {
    const chunks = chunksOf(lines, wanted);
    if (chunks.length > 0) yield chunks;
  }
}

/** The container's bytes, in the order in which they came: what one stream wrote without the other between is one chunk. */
function chunksOf(lines: readonly Buffer[], wanted: OutputWanted): OutputChunk[] {
  const chunks: { stream: OutputChunk["stream"]; parts: Buffer[] }[] = [];
  for (const bytes of lines) {
    const line = parseLogLine(bytes);
    if (!line || !wanted[line.stream]) continue;
    let last = chunks.at(-1);
    if (last?.stream !== line.stream) {
      last = { stream: line.stream, parts: [] };
      chunks.push(last);
    }
    last.parts.push(line.text);
    if (!line.partial) last.parts.push(newline);
  }
  return chunks.map(({ stream, parts }) => ({ stream, bytes: Buffer.concat(parts) }));
}
