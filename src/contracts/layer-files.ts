/** A path on this machine; as bytes when names in it need not be text. */
export type FilePath = string | Buffer;

/** How overlayfs marks in a layer what a lower one has and it has not (Documentation/filesystems/overlayfs.rst). */
export interface LayerFiles {
  /** Makes a whiteout: the name is gone. */
  makeWhiteout(path: FilePath): void;
  /** Marks a directory: nothing of it comes from lower layers. */
  makeOpaque(directory: FilePath): void;
  isOpaque(directory: FilePath): boolean;
}
