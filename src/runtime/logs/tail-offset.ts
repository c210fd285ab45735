import type { FileHandle } from "node:fs/promises";
import { parseLogLine } from "./log-line.ts";

const NEWLINE = 0x0a;
const blockSize = 64 * 1024;

/**
 * Where the last `count` lines of the wanted streams begin, found from the end of the file. Where both streams write at
 * once, the beginning of a line that is as long as several log lines may be left out.
 */
export async function tailOffset(file: FileHandle, count: number, wants: (stream: string) => boolean): Promise<number> {
  let { size: end } = await file.stat();
  if (count <= 0) return end;
  let tail = Buffer.alloc(0); // starts in the middle of a line, until the block before is read
  let counted = 0;
  while (end > 0) {
    const start = Math.max(0, end - blockSize);
    tail = Buffer.concat([await readBlock(file, start, end), tail]);
    let lineEnd = tail.length;
    for (let cut = lastNewline(tail, lineEnd); cut >= 0 || start === 0; cut = lastNewline(tail, lineEnd)) {
      const line = parseLogLine(withoutNewline(tail.subarray(cut + 1, lineEnd)));
      // A line of the container ends here: with a newline, or as the last that it wrote.
      if (line && wants(line.stream) && (!line.partial || counted === 0)) counted += 1;
      if (counted > count) return start + lineEnd;
      lineEnd = cut + 1;
      if (cut < 0) return 0;
    }
    tail = tail.subarray(0, lineEnd);
    end = start;
  }
  return 0;
}

/** The newline before the line that ends at `lineEnd`, its own excepted. */
const lastNewline = (bytes: Buffer, lineEnd: number): number =>
  lineEnd < 2 ? -1 : bytes.lastIndexOf(NEWLINE, lineEnd - 2);

const withoutNewline = (line: Buffer): Buffer => (line.at(-1) === NEWLINE ? line.subarray(0, -1) : line);

async function readBlock(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const block = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(block, 0, block.length, start);
  return block.subarray(0, bytesRead);
}
