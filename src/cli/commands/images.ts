import { splitReference } from "../../client/images.ts";
import type { ImageSummary } from "../../client/types.ts";
import { optional } from "../command/arguments.ts";
import { command } from "../command/command.ts";
import { flag } from "../command/options.ts";
import { humanDuration } from "../output/duration.ts";
import { type Listing, printList } from "../output/list.ts";
import { listOptions } from "../output/options.ts";
import { humanSize } from "../output/size.ts";
import { formatSeconds } from "../output/time.ts";

interface Row {
  readonly image: ImageSummary;
  readonly repository: string;
  readonly tag: string;
}

const listing = (noTrunc: boolean, now: number): Listing<Row> => ({
  columns: {
    Repository: { header: "REPOSITORY", value: ({ repository }) => repository },
    Tag: { header: "TAG", value: ({ tag }) => tag },
    ID: {
      header: "IMAGE ID",
      value: ({ image }) => (noTrunc ? image.Id : image.Id.replace(/^sha256:/, "").slice(0, 12)),
    },
    CreatedSince: { header: "CREATED", value: ({ image }) => `${humanDuration(now - image.Created * 1000)} ago` },
    Size: { header: "SIZE", value: ({ image }) => humanSize(image.Size) },
    CreatedAt: { header: "CREATED AT", value: ({ image }) => formatSeconds(image.Created) },
  },
  table: ["Repository", "Tag", "ID", "CreatedSince", "Size"],
  id: "ID",
});

export const images = command({
  name: "images",
  summary: "List images",
  args: { repository: optional("only this name, or name:tag", "images") },
  options: { ...listOptions, all: flag({ short: "a", about: "accepted for docker's sake" }) },
  examples: ["images", "images debian", "images --format json"],
  async run({ args, options, client, out }) {
    const filters = { ...options.filter, ...(args.repository ? { reference: [args.repository] } : {}) };
    const rows = (await client.images.list(filters)).flatMap(rowsOf);
    await printList(out, listing(options.noTrunc, Date.now()), rows, options);
  },
});

function rowsOf(image: ImageSummary): Row[] {
  const names = image.RepoTags && image.RepoTags.length > 0 ? image.RepoTags : ["<none>:<none>"];
  return names.map((name) => {
    const { repo, tag } = splitReference(name);
    return { image, repository: repo, tag: tag || "<none>" };
  });
}
