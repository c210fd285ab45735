import type { Readable } from "node:stream";
import { one } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { ExitError } from "../errors.ts";

export const imageImport = command({
  name: "image import",
  summary: "Make an image of a root-file-system archive",
  args: {
    file: one('tar archive, plain or compressed; "-" reads it from the input', "files"),
    image: one("name[:tag] it gets"),
  },
  examples: ["image import rootfs.tar.gz debian:12"],
  async run({ args, client, out }) {
    const archive = args.file === "-" ? out.stdin : await open(args.file);
    out.line(await client.images.import(args.image, archive));
  },
});

/** Opened before anything is asked for: a stream that cannot be opened fails in an event, which nobody would await. */
async function open(path: string): Promise<Readable> {
  const { open: openFile } = await import("node:fs/promises");
  const file = await openFile(path).catch((cause: Error) => {
    throw new ExitError(1, `cannot read the archive: ${cause.message}`, { cause });
  });
  if ((await file.stat()).isDirectory()) {
    await file.close();
    throw new ExitError(1, `cannot read the archive: ${path} is a directory; make a tar of it: tar -C ${path} -c .`);
  }
  return file.createReadStream();
}
