import { one } from "../command/arguments.ts";
import { command } from "../command/command.ts";

export const imageImport = command({
  name: "image import",
  summary: "Make an image of a root-file-system archive",
  args: {
    file: one('tar archive, plain or compressed; "-" reads it from the input', "files"),
    image: one("name[:tag] it gets"),
  },
  examples: ["image import rootfs.tar.gz debian:12"],
  async run({ args, client, out }) {
    const { createReadStream } = await import("node:fs");
    const archive = args.file === "-" ? out.stdin : createReadStream(args.file);
    out.line(await client.images.import(args.image, archive));
  },
});
