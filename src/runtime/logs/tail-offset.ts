import { fstatSync, read } from "node:fs";
import { promisify } from "node:util";
import { LogLineReader } from "./log-line.ts";

const NEWLINE = 0x0a;
const blockSize = 64 * 1024;
const readAt = promisify(read);

/** Which lines are counted, and how many of them lie behind the file that is looked at. */
export interface Tail {
  readonly count: number;
  readonly wants: (stream: string) => boolean;
  readonly counted: number;
}

/**
 * Where the last `count` lines of the wanted streams begin in a file, found from its end; `counted` says how many were
 * found with those behind it. Where both streams write at once, the beginning of a line that is as long as several log
 * lines may be left out.
 */
export async function tailOffset(file: number, tail: Tail): Promise<{ offset: number; counted: number }> {
  let { size: end } = fstatSync(file);
  let { counted } = tail;
  const reader = new LogLineReader();
  if (tail.count <= 0) return { offset: end, counted: 1 };
  let bytes = Buffer.alloc(0); // starts in the middle of a line, until the block before is read
  while (end > 0) {
    const start = Math.max(0, end - blockSize);
    bytes = Buffer.concat([await readBlock(file, start, end), bytes]);
    let lineEnd = bytes.length;
    for (let cut = lastNewline(bytes, lineEnd); cut >= 0 || start === 0; cut = lastNewline(bytes, lineEnd)) {
      const [line] = reader.read(bytes.subarray(cut + 1, lineEnd));
      // A line of the container ends here: with a newline, or as the last that it wrote.
      if (line && tail.wants(line.stream) && (!line.partial || counted === 0)) counted += 1;
      if (counted > tail.count) return { offset: start + lineEnd, counted };
      lineEnd = cut + 1;
      if (cut < 0) return { offset: 0, counted };
    }
    bytes = bytes.subarray(0, lineEnd);
    end = start;
  }
  return { offset: 0, counted };
}

/** The newline before the line that ends at `lineEnd`, its own excepted. */
const lastNewline = (bytes: Buffer, lineEnd: number): number =>
  lineEnd < 2 ? -1 : bytes.lastIndexOf(NEWLINE, lineEnd - 2);

async function readBlock(file: number, start: number, end: number): Promise<Buffer> {
  const block = Buffer.alloc(end - start);
  const { bytesRead } = await readAt(file, block, 0, block.length, start);
  return block.subarray(0, bytesRead);
}
