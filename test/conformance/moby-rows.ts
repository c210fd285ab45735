/**
 * Docker's own tables of expectations (moby/moby, daemon/libnetwork/docs/spec at a7fad8d3). They have no ids, so a row is
 * called by its document, section and place in the section's table: "common 1.3" is the third row of network-common
 * section 1. Rows of tier B are promises; each is carried out by a case, or has its reason below.
 */
export interface Section {
  /** What rows of it are called by, less the number. */
  readonly id: string;
  readonly about: string;
  readonly rows: number;
  /** Rows of tier B, as numbers and ranges. */
  readonly promises: string;
}

export const sections: readonly Section[] = [
  {
    id: "common 1",
    about: "network API",
    rows: 54,
    promises: "1-3 5-10 12 16-20 22-25 27-30 33 35-36 39-42 44-47 49-51 54",
  },
  { id: "common 2", about: "endpoint interfaces", rows: 23, promises: "1 3-4 7-8 12 15-21 23" },
  { id: "common 3", about: "default gateway", rows: 4, promises: "1-3" },
  { id: "common 4", about: "/etc/hosts", rows: 8, promises: "1-5" },
  { id: "common 6", about: "daemon restart", rows: 1, promises: "1" },
  { id: "bridge 1", about: "firewall anchors", rows: 22, promises: "2-8 16-19" },
  { id: "bridge 2", about: "options of networks and endpoints", rows: 13, promises: "1-3 5-6 8-11" },
  { id: "bridge 3.1", about: "isolation", rows: 10, promises: "1-9" },
  { id: "bridge 3.2", about: "published ports", rows: 7, promises: "1-7" },
  { id: "bridge 3.3", about: "egress", rows: 4, promises: "1-4" },
  { id: "bridge 3.4", about: "gateway modes", rows: 10, promises: "1-5 7-8 10" },
  { id: "bridge 3.5", about: "default gateway", rows: 1, promises: "1" },
  { id: "dns 1", about: "resolv.conf", rows: 17, promises: "2-3 6-13" },
  { id: "dns 2", about: "names and answers", rows: 33, promises: "1-4 6 10-19 22 25-26 28 32" },
  { id: "dns 3", about: "forwarding", rows: 16, promises: "1-10 14-15" },
];

const cli =
  "what the docker CLI prints; its exit codes are tested with the CLI itself in test/system/docker-cli.test.ts";

/** Rows of tier B that no case carries out, and why. */
export const uncovered: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      "common 1.2 1.5 1.7 1.9 1.12 1.18 1.22 1.25 1.28 1.36 1.42 1.49 1.51 1.54",
      "common 2.7 2.8 2.15 2.16 2.23",
    ].flatMap((line) =>
      line
        .split(" ")
        .slice(1)
        .map((row) => [`common ${row}`, cli]),
    ),
  ),
  ...Object.fromEntries(["bridge 2.2", "bridge 2.5", "bridge 3.4.7", "bridge 3.4.10"].map((row) => [row, cli])),
};
