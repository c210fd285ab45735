import { invalid } from "../base/errors.ts";

/** What an image is built for, in Go's words. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  /** "" is as good as none. */
  readonly variant?: string;
}

const architectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };
/** What people write for what Go calls otherwise (containerd/platforms, "Normalization"). */
const otherWords: Readonly<Record<string, string>> = {
  x86_64: "amd64",
  "x86-64": "amd64",
  aarch64: "arm64",
  i386: "386",
};

export const ownPlatform = (): Platform => ({ os: "linux", architecture: architectures[process.arch] ?? process.arch });

/** "linux/arm64/v8", "arm64"; "" means this machine's. */
export function parsePlatform(text: string): Platform {
  if (text === "") return ownPlatform();
  const parts = text.toLowerCase().split("/");
  const [os = "", word = "", variant] = parts.length === 1 && parts[0] !== "linux" ? ["linux", parts[0]] : parts;
  const architecture = word === "" ? ownPlatform().architecture : (otherWords[word] ?? word);
  if (parts.length > 3 || !/^[a-z0-9_]+$/.test(os) || !/^[a-z0-9_.-]+$/.test(architecture))
    throw invalid("platform", `"${text}" is not OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT`);
  return { os, architecture, ...(variant ? { variant } : {}) };
}

export const formatPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant ? [variant] : [])].join("/");

/** Whether what is built for one runs as the other; a variant that is not asked for does not matter. */
export const fits = (offered: Platform, wanted: Platform): boolean =>
  offered.os === wanted.os &&
  offered.architecture === wanted.architecture &&
  (!wanted.variant || !offered.variant || offered.variant === wanted.variant);
