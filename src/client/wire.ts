import { CutShortError } from "./errors.ts";

export interface Head {
  readonly status: number;
  readonly reason: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Bytes of a connection, read by line, by count or as they come. */
export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  #buffer: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** One line without its CRLF; undefined at the end of the connection. */
  async line(): Promise<string | undefined> {
    for (let from = 0; ; ) {
      const end = this.#buffer.indexOf(10, from);
      if (end >= 0)
        return this.#take(end + 1)
          .toString("latin1")
          .replace(/\r?\n$/, "");
      from = this.#buffer.length;
      if (!(await this.#fill())) return undefined;
    }
  }

  /** What has come, at most `limit` bytes; undefined at the end of the connection. */
  async some(limit = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
    while (this.#buffer.length === 0) if (!(await this.#fill())) return undefined;
    return this.#take(Math.min(limit, this.#buffer.length));
  }

  /** Everything until the end of the connection. */
  async *rest(): AsyncGenerator<Buffer> {
    for (let bytes = await this.some(); bytes; bytes = await this.some()) yield bytes;
  }

  async #fill(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done) return false;
    this.#buffer = this.#buffer.length > 0 ? Buffer.concat([this.#buffer, next.value]) : Buffer.from(next.value);
    return true;
  }

  #take(count: number): Buffer {
    const taken = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return taken;
  }
}

/** The head of an answer (RFC 9112, section 4), past any 1xx that is no upgrade. */
export async function readHead(reader: ByteReader): Promise<Head> {
  for (;;) {
    const status = await reader.line();
    const [, code, reason] = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(status ?? "") ?? [];
    if (!code)
      throw status ? new Error(`not an answer of a daemon: "${status.slice(0, 80)}"`) : new CutShortError("its answer");
    const headers = await readHeaders(reader);
    if (code === "101" || !code.startsWith("1")) return { status: Number(code), reason: reason ?? "", headers };
  }
}

async function readHeaders(reader: ByteReader): Promise<Map<string, string>> {
  const headers = new Map<string, string>();
  for (;;) {
    const line = await reader.line();
    if (line === undefined) throw new CutShortError("its answer");
    if (line === "") return headers;
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
}

/** The body, framed as RFC 9112, section 6.3 says. */
export function readBody(reader: ByteReader, { status, headers }: Head): AsyncIterable<Buffer> {
  if (status === 204 || status === 304) return empty();
  if (headers.get("transfer-encoding")?.toLowerCase().includes("chunked")) return chunked(reader);
  const length = headers.get("content-length");
  return length === undefined ? reader.rest() : counted(reader, Number(length));
}

async function* empty(): AsyncGenerator<Buffer> {}

async function* counted(reader: ByteReader, length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0; ) {
    const bytes = await reader.some(left);
    if (!bytes) throw new CutShortError("its answer");
    left -= bytes.length;
    yield bytes;
  }
}

async function* chunked(reader: ByteReader): AsyncGenerator<Buffer> {
  for (;;) {
    const size = await reader.line();
    if (!size || !/^[0-9a-f]+/i.test(size)) throw new CutShortError("its answer");
    const length = Number.parseInt(size, 16); // extensions after ";" are ignored
    if (length === 0) return;
    yield* counted(reader, length);
    await reader.line();
  }
}
