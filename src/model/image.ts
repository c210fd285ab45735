import type { Healthcheck } from "./health.ts";

/** What an image says of how its containers run (OCI image-spec, config.md; Docker's extensions). */
export interface ImageRuntimeConfig {
  readonly user: string;
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly workingDir: string;
  /** "80/tcp". */
  readonly exposed: readonly string[];
  /** Paths that get an anonymous volume. */
  readonly volumes: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** "" : the default. */
  readonly stopSignal: string;
  readonly healthcheck?: Healthcheck;
  readonly shell: readonly string[];
  readonly onBuild: readonly string[];
}

export interface ImageHistory {
  /** RFC 3339. */
  readonly created: string;
  readonly createdBy: string;
  readonly author: string;
  readonly comment: string;
  /** It changed the configuration only. */
  readonly emptyLayer: boolean;
}

/** One image of this host. */
export interface Image {
  /** "sha256:<64 hex>" of its configuration, as in Docker. */
  readonly id: string;
  /** What an earlier release knew it by, and containers of that time do. */
  readonly formerId?: string;
  /** The image of the container that it was made of, while that is here. */
  readonly parentId?: string;
  /** "name:tag" in the familiar form. */
  readonly references: readonly string[];
  /** "name@sha256:..." in the familiar form: what registries know it by. */
  readonly digests: readonly string[];
  /** RFC 3339. */
  readonly created: string;
  /** When it last got a name; "" when never. */
  readonly taggedAt: string;
  readonly architecture: string;
  readonly variant: string;
  readonly os: string;
  readonly author: string;
  readonly comment: string;
  readonly dockerVersion: string;
  readonly config: ImageRuntimeConfig;
  /** Lowest layer first. */
  readonly layers: readonly { readonly diffId: string; readonly size: number }[];
  readonly history: readonly ImageHistory[];
  /** Bytes of its files, unpacked. */
  readonly size: number;
}

/** When it was made, to compare: what made it may have written any offset, and any fraction of a second. */
export const createdMs = ({ created }: Pick<Image, "created">): number => Date.parse(created) || 0;

export const emptyRuntimeConfig: ImageRuntimeConfig = {
  user: "",
  env: [],
  entrypoint: [],
  command: [],
  workingDir: "",
  exposed: [],
  volumes: [],
  labels: {},
  stopSignal: "",
  shell: [],
  onBuild: [],
};
