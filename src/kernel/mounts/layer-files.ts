import type { LayerFiles } from "../../contracts/layer-files.ts";
import { attributeOf, makeCharacterDevice, setAttribute } from "../ffi/layer-files.ts";

const opaque = "trusted.overlay.opaque";

/** Marks of overlayfs, Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories". */
export const layerFiles: LayerFiles = {
  makeWhiteout: (path) => makeCharacterDevice(path, 0),
  makeOpaque: (directory) => setAttribute(directory, opaque, "y"),
  isOpaque: (directory) => attributeOf(directory, opaque) === "y",
};
