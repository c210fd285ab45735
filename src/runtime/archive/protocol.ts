import type { PathChange, PathStat } from "../../contracts/archive.ts";

/** A mount of the container that its files are seen through. */
export interface ViewMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly recursive: boolean;
  /** Inside the source. */
  readonly subpath?: string;
}

/** Where a container's files are, and where they are to be put together. */
export interface ViewSpec {
  /** A root that is mounted somewhere, or the layers of one that is not. */
  readonly root:
    | { readonly path: string }
    | { readonly lower: readonly string[]; readonly upper: { readonly directory: string; readonly work: string } };
  /** An empty directory; what is mounted there only the worker sees. */
  readonly place: string;
  readonly mounts: readonly ViewMount[];
  readonly readOnly: boolean;
}

export type ArchiveRequest =
  | { readonly do: "stat" | "read"; readonly view: ViewSpec; readonly path: string }
  | {
      readonly do: "write";
      readonly view: ViewSpec;
      readonly path: string;
      readonly noOverwriteDirNonDir: boolean;
      /** Whose everything becomes: as Config.User has it. */
      readonly user?: string;
    }
  | { readonly do: "makeDirectory"; readonly view: ViewSpec; readonly path: string }
  | { readonly do: "export"; readonly view: ViewSpec }
  | { readonly do: "changes"; readonly lower: LowerSpec; readonly upper: string }
  | { readonly do: "copyUp"; readonly lower: LowerSpec; readonly path: string; readonly into: string };

/** Layers, the topmost first, and an empty directory to put them together in. */
export interface LowerSpec {
  readonly layers: readonly string[];
  readonly place: string;
}

/** One line of JSON. Of read and export it comes before the archive, of the others at the end; a write tells `opened` first. */
export type ArchiveAnswer =
  | { readonly stat: PathStat }
  | { readonly changes: readonly PathChange[] }
  | { readonly opened: true }
  | { readonly done: true }
  | { readonly notFound: string }
  | { readonly refused: string }
  | { readonly failed: string };

/** What the worker tells instead of failing. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
