import { invalid } from "../base/errors.ts";

/** What an image is built for, in Go's words. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** "" is as good as none. */
  readonly variant?: string;
}

const nodeWords: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", ppc64: "ppc64le", mipsel: "mipsle" };

/** What Go, and with it Docker, calls an architecture of Node's. */
export const goArchitecture = (nodeWord: string): string => nodeWords[nodeWord] ?? nodeWord;

/** What people write for what Go calls otherwise (containerd/platforms, "Normalization"). */
const otherWords: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  i386: "386",
  armhf: "arm",
};

export const ownPlatform = (): Platform => ({ os: "linux", architecture: goArchitecture(process.arch) });

/** "linux/arm64/v8", "arm64"; "" means this machine's. */
export function parsePlatform(text: string): Platform {
  if (text === "") return ownPlatform();
  const parts = text.toLowerCase().split("/");
  if (!/^[a-z0-9_.()-]+$/.test(parts[0] ?? ""))
    throw invalid("platform", `"${parts[0]}" is an invalid OS component of "${text}"`);
  const [system = "", word = "", suffix = ""] = parts.length === 1 ? fromWord(parts[0] ?? "") : parts;
  const os = system === "macos" ? "darwin" : system;
  const architecture = word === "armel" ? "arm" : (otherWords[word] ?? (word || ownPlatform().architecture));
  const variant = word === "armel" ? "v6" : suffix;
  if (
    parts.length > 3 ||
    !/^[a-z0-9_]+$/.test(os) ||
    ![architecture, variant].every((part) => /^[a-z0-9_.-]*$/.test(part))
  )
    throw invalid("platform", `"${text}" is not OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT`);
  return { os, architecture, ...(variant ? { variant } : {}) };
}

/** Go's words for what it builds for (internal/syslist): a word by itself must be one of them. */
const systems =
  "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos";
const architectures =
  "386 amd64 arm armbe armel arm64 arm64be loong64 mips mipsle mips64 mips64le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm";

function fromWord(word: string): string[] {
  if (word === "macos" || systems.split(" ").includes(word)) return [word];
  if (architectures.split(" ").includes(otherWords[word] ?? word)) return ["linux", word];
  throw invalid("platform", `"${word}": unknown operating system or architecture`);
}

export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant ? [variant] : [])].join("/");

/** Variants that go without saying. */
const usual: Readonly<Record<string, string>> = { amd64: "v1", arm: "v7", arm64: "v8" };

/** One word for each platform: images come with many (containerd/platforms, Normalize). */
function normalize({ os, architecture, variant = "" }: Platform): Required<Platform> {
  const word = architecture.toLowerCase();
  if (word === "armel") return { os: os.toLowerCase(), architecture: "arm", variant: "v6" };
  const name = otherWords[word] ?? word;
  const said = variant.toLowerCase().replace(/^(?=\d)/, "v");
  return { os: os.toLowerCase(), architecture: name, variant: said || (usual[name] ?? "") };
}

/** Of "v8.2" and less all that a processor of it runs, the best first. */
function variantsUpTo(variant: string, architecture: string): string[] {
  const [, major, minor] = /^v(\d)(?:\.(\d))?$/.exec(variant)?.map(Number) ?? [];
  if (major === undefined) return [variant];
  if (architecture === "arm64") return arm64UpTo(major, minor || 0);
  const least = architecture === "arm" ? 5 : 1;
  return Array.from({ length: Math.max(1, major - least + 1) }, (_, index) => `v${major - index}`);
}

function arm64UpTo(major: number, minor: number): string[] {
  const own = Array.from({ length: minor + 1 }, (_, index) => `v${major}${index === minor ? "" : `.${minor - index}`}`);
  return major === 9 ? [...own, ...arm64UpTo(8, minor + 5)] : own; // v9.0 has what v8.5 has
}

/** What a machine of this platform runs by itself, the best first (containerd/platforms, Only). */
function runnable({ os, architecture, variant }: Required<Platform>): string[] {
  const own = variantsUpTo(variant, architecture).map((one) => `${os}/${architecture}/${one}`);
  if (architecture === "amd64") return [...own, `${os}/386/`];
  if (architecture === "arm64") return [...own, ...variantsUpTo("v8", "arm").map((one) => `${os}/arm/${one}`)];
  return own;
}

/**
 * How well what is built for one runs as the other: 0 is best; Infinity, not at all. A variant that one of them does not
 * name does not matter, but what is surely right comes before: configurations of images often have none, and of this
 * machine's processor none is known.
 */
export function distance(offered: Platform, wanted: Platform): number {
  const [from, to] = [normalize(offered), normalize(wanted)];
  const best = runnable(to);
  const index = best.indexOf(`${from.os}/${from.architecture}/${from.variant}`);
  if (index !== -1) return index;
  const isSame = from.os === to.os && from.architecture === to.architecture;
  const isUnsaid = !offered.variant && from.variant === (usual[from.architecture] ?? "");
  const isOpen = isUnsaid || (!wanted.variant && to.architecture !== "arm");
  return isSame && isOpen ? best.length : Number.POSITIVE_INFINITY;
}

/** Whether what is built for one runs as the other. */
export const fits = (offered: Platform, wanted: Platform): boolean => Number.isFinite(distance(offered, wanted));
