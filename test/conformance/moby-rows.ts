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

/** Rows of tier B that no case carries out, by the reason. */
const reasons: Readonly<Record<string, string>> = {
  "what the docker CLI prints and exits with: test/system/docker-cli.test.ts runs the CLI itself":
    "common 1: 2 5 7 9 12 18 22 25 28 36 42 49 51 54; common 2: 7 8 15 16 23; bridge 2: 2 5; bridge 3.4: 7 10",
  "needs API 1.54, and 1.51 is spoken; a live connect honours MacAddress at every version (EP-3)": "common 2: 20 21",
  "a setting of the daemon, or of the host, and all cases of an area share one daemon: unit tests of src/main and src/engine/files, test/system/daemon-settings.test.ts":
    "common 4: 5; bridge 2: 8 9 10 11; dns 1: 3 7; dns 3: 4 6",
  "what a killed daemon leaves behind: test/system/crash.test.ts": "common 6: 1",
  "rules of iptables and firewalld: Fairlead has one nftables table of its own, with a chain for operators that it never touches (src/firewall/README.md)":
    "bridge 1: 2 3 4 5 6 7 8 16 17 18 19",
  "20.10 has neither allow-direct-routing nor trusted_host_interfaces: test/system/gateway-modes.test.ts has them (ISO-12)":
    "bridge 3.1: 8 9",
  "answers to what a container has asked reach it here whatever the network trusts (ISO-9)": "bridge 3.3: 3",
  "20.10 has no gateway modes to compare with: test/system/gateway-modes.test.ts has it (ISO-10, ISO-11, PORT-16)":
    "bridge 3.4: 1 2 3 4",
  "test/system/dns.test.ts has it (DNS-5, DNS-6)": "dns 2: 22; dns 3: 5",
};

/** "common 1: 2 5": common 1.2 and common 1.5. */
const rowsOf = (text: string): string[] =>
  text.split("; ").flatMap((part) => {
    const [section = "", rows = ""] = part.split(": ");
    return rows.split(" ").map((row) => `${section}.${row}`);
  });

/** Row to the reason why no case carries it out. */
export const uncovered: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(reasons).flatMap(([why, rows]) => rowsOf(rows).map((row) => [row, why])),
);
