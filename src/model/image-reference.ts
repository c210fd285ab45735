import { invalid } from "../base/errors.ts";

/**
 * The name of an image, normalised as Docker does: "busybox" is docker.io/library/busybox. Shown in the familiar form,
 * which leaves out what is understood.
 */
export interface ImageReference {
  /** "docker.io", "localhost:5000". */
  readonly domain: string;
  /** "library/busybox". */
  readonly path: string;
  readonly tag?: string;
  /** "sha256:<64 hex>". */
  readonly digest?: string;
}

/** Grammar of distribution/reference: lower-case parts between slashes, a host with an optional port before the first. */
const part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const pathPattern = new RegExp(`^${part}(?:/${part})*$`);
const label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const domainPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
export const digestPattern = /^sha256:[0-9a-f]{64}$/;
const longestName = 255;

const defaultDomain = "docker.io";
const official = "library/";

/** Throws INVALID for what is no name. Without a tag and a digest neither is made up: see withTag(). */
export function parseImageReference(text: string): ImageReference {
  const [, name = "", tag, digest] = /^([^@]*?)(?::([^:/@]*))?(?:@(.*))?$/s.exec(text) ?? [];
  const { domain, path } = splitName(name, text);
  if (tag !== undefined && !tagPattern.test(tag)) throw malformed(text, `"${tag}" is no tag`);
  if (digest !== undefined && !digestPattern.test(digest)) throw malformed(text, `"${digest}" is no sha256 digest`);
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function splitName(name: string, text: string): { domain: string; path: string } {
  if (/^[0-9a-f]{64}$/.test(name)) throw malformed(text, "64 hexadecimal digits are an id, not a name");
  const slash = name.indexOf("/");
  const first = slash < 0 ? "" : name.slice(0, slash);
  // The rule by which "team/app" is at docker.io and "localhost/app" is not.
  const isHost = /[.:[]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const domain = isHost ? first : defaultDomain;
  const rest = isHost ? name.slice(slash + 1) : name;
  const known = domain === "index.docker.io" ? defaultDomain : domain;
  const path = known === defaultDomain && rest !== "" && !rest.includes("/") ? official + rest : rest;
  if (rest !== rest.toLowerCase()) throw malformed(text, `repository name (${path}) must be lowercase`);
  if (!domainPattern.test(known) || !pathPattern.test(path))
    throw malformed(text, "it must be NAME, NAME:TAG or NAME@DIGEST");
  if (known.length + path.length + 1 > longestName)
    throw malformed(text, `a name has at most ${longestName} characters`);
  return { domain: known, path };
}

const malformed = (text: string, why: string) => invalid("reference format", `"${text.slice(0, 300)}": ${why}`);

/** undefined for what is no name ("sha256:..." and the like). */
export function tryParseImageReference(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch {
    return undefined; // the only failure is that it is no name
  }
}

/** The tag "latest" for a name without tag and digest. */
export const withTag = (reference: ImageReference): ImageReference =>
  reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: "latest" } : reference;

/** "docker.io/library/busybox". */
export const repositoryOf = ({ domain, path }: ImageReference): string => `${domain}/${path}`;

/** "busybox". */
export function familiarRepository({ domain, path }: ImageReference): string {
  if (domain !== defaultDomain) return `${domain}/${path}`;
  const short = path.startsWith(official) ? path.slice(official.length) : path;
  return short.includes("/") && path.startsWith(official) ? path : short;
}

/** "docker.io/library/busybox:1"; a name with both is known by its digest. */
export const canonicalReference = (reference: ImageReference): string => repositoryOf(reference) + suffixOf(reference);

/** "busybox:1", "busybox@sha256:...". */
export const familiarReference = (reference: ImageReference): string =>
  familiarRepository(reference) + suffixOf(reference);

function suffixOf({ tag, digest }: ImageReference): string {
  if (digest !== undefined) return `@${digest}`;
  return tag === undefined ? "" : `:${tag}`;
}
