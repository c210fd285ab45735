import { readdirSync, readFileSync } from "node:fs";
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { getCACertificates } from "node:tls";
import { invalid } from "../../../base/errors.ts";

export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream comes with its length in the headers. */
  readonly body?: Buffer | Readable;
  /** Take any certificate. */
  readonly insecure: boolean;
  readonly signal: AbortSignal;
}

/** Certificates of registries, as dockerd has them: certs.d/HOST:PORT/*.crt. */
const certificateDirectories = ["/etc/fairlead/certs.d", "/etc/docker/certs.d"];

const plain = new HttpAgent({ keepAlive: true, proxyEnv: process.env });
const secure = new Map<string, HttpsAgent>();

/** Longest answer that is read as a document. */
const longestDocument = 8 * 1024 * 1024;
/** A registry that says nothing for so long is away. */
const silenceMs = 60_000;

/** Sends a request and returns the answer with its body unread. */
export async function send({ method, url, headers, body, insecure, signal }: HttpRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const https = url.protocol === "https:";
  const agent = https ? secureAgent(url.host, insecure) : plain;
  const sent = (https ? httpsRequest : httpRequest)(url, { method, headers, agent, signal, timeout: silenceMs });
  sent.once("response", resolve);
  sent.once("error", reject);
  sent.once("timeout", () => sent.destroy(new Error(`no answer for ${silenceMs / 1000} seconds`)));
  if (body === undefined || body instanceof Buffer) sent.end(body);
  else pipeline(body, sent).catch(reject);
  return promise;
}

function secureAgent(host: string, insecure: boolean): HttpsAgent {
  const own = certificatesOf(host);
  // Certificates may be put there and replaced while the daemon runs.
  const key = JSON.stringify([insecure, host, ...own]);
  const known = secure.get(key);
  if (known) return known;
  const ca = [...getCACertificates("default"), ...getCACertificates("system"), ...own];
  const agent = new HttpsAgent({ keepAlive: true, ca, rejectUnauthorized: !insecure, proxyEnv: process.env });
  secure.set(key, agent);
  return agent;
}

function certificatesOf(host: string): string[] {
  return certificateDirectories.flatMap((directory) => {
    try {
      const names = readdirSync(join(directory, host)).filter((name) => name.endsWith(".crt"));
      return names.map((name) => readFileSync(join(directory, host, name), "utf8"));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw cause;
    }
  });
}

/** The body of an answer that is a document. */
export async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > longestDocument) throw invalid("answer of the registry", `it is longer than ${longestDocument} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
