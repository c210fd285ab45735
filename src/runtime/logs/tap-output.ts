import type { OutputChunk, OutputTap, OutputWanted } from "../../contracts/runtime.ts";
import { followLines, type LogSource } from "./follow-lines.ts";
import type { LogChain } from "./log-chain.ts";
import { type LogLine, LogLineReader } from "./log-line.ts";

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
  const reader = new LogLineReader();
  for await (const lines of followLines(chain, source, wanted)) {
    const chunks = chunksOf(reader.read(lines), wanted);
    if (chunks.length > 0) yield chunks;
  }
}

/** The container's bytes, in the order in which they came: what one stream wrote without the other between is one chunk. */
function chunksOf(lines: readonly LogLine[], wanted: OutputWanted): OutputChunk[] {
  const chunks: { stream: OutputChunk["stream"]; parts: Buffer[] }[] = [];
  for (const { stream, text } of lines) {
    if (!wanted[stream]) continue;
    const last = chunks.at(-1);
    if (last?.stream === stream) last.parts.push(text);
    else chunks.push({ stream, parts: [text] });
  }
  return chunks.map(({ stream, parts }) => ({ stream, bytes: Buffer.concat(parts) }));
}
