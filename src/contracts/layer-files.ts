/** How overlayfs marks in a layer what a lower one has and it has not (Documentation/filesystems/overlayfs.rst). */
export interface LayerFiles {
  /** Makes a whiteout: the name is gone. */
  makeWhiteout(path: string): void;
  /** Marks a directory: nothing of it comes from lower layers. */
  makeOpaque(directory: string): void;
  isOpaque(directory: string): boolean;
}
