import type { FirewallElement, FirewallSet } from "../contracts/firewall.ts";
import { type SetName, sets } from "./table.ts";

/** An element as the kernel holds it, every part in one canonical spelling. */
export interface Held {
  readonly set: SetName;
  readonly key: readonly string[];
  readonly value: readonly string[];
  /** `owner|why`, as much as fits. */
  readonly comment: string;
}

/** NFTNL_UDATA_COMMENT_MAXLEN of libnftables is 128, NUL included. */
const commentBytes = 127;
/** By number: names are looked up in /etc/protocols, which minimal systems do not have. */
const protocols: Readonly<Record<string, string>> = { tcp: "6", udp: "17", sctp: "132" };
const families: Readonly<Partial<Record<SetName, string>>> = {
  masquerade4: "ip",
  source4: "ip",
  members4: "ip",
  masquerade6: "ip6",
  source6: "ip6",
  members6: "ip6",
};

export const idOf = (element: { set: SetName; key: readonly string[] }): string =>
  `${element.set} ${element.key.join(" . ")}`;

/** One spelling for what nft prints in several: protocol names, prefixes of full length. */
export const canonicalPart = (part: string): string =>
  protocols[part] ?? part.replace(/^([^:]*)\/32$|^(.*:.*)\/128$/, "$1$2");

/** Elements of the contract as the table holds them, with those that follow from them. */
export const heldOf = (elements: readonly FirewallElement[]): Held[] =>
  elements.flatMap((element) => [held(element, element.set, element.key), ...derived(element)]);

function held(element: FirewallElement, set: SetName, key: readonly string[]): Held {
  const family = families[set];
  return {
    set,
    key: (family ? [family, ...key] : key).map(canonicalPart),
    value: sets[set].kind === "map" ? (element.value ?? []) : [],
    comment: commentOf(element),
  };
}

const everywhere6 = ["::1", "::/0"];

function derived(element: FirewallElement): Held[] {
  const [first = "", second = "", third = ""] = element.key;
  const rules: Partial<Record<FirewallSet, () => Held[]>> = {
    bridges: () => [held(element, "hairpin", [first, first])],
    publish_any6: () => [held(element, "loopback6", [first, second])],
    publish_at6: () => (second === "::1" ? [held(element, "loopback6", [first, third])] : []),
    publish_range6: () => (everywhere6.includes(second) ? [held(element, "loopback6_range", [first, third])] : []),
  };
  return rules[element.set]?.() ?? [];
}

/** nft has no way to write a quote inside a string, so quotes, backslashes and control characters become spaces. */
export function commentOf({ owner, why }: { owner: string; why: string }): string {
  const text = `${owner}|${why}`.replace(/["\\\p{Cc}]/gu, " ");
  const bytes = Buffer.from(text);
  if (bytes.length <= commentBytes) return text;
  let end = commentBytes;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1; // not in the middle of a UTF-8 sequence
  return bytes.toString("utf8", 0, end);
}

export const ownerOf = (comment: string): string => comment.split("|", 1)[0] ?? "";

const keyText = ({ key, set }: Held) =>
  key.map((part) => (sets[set].type.startsWith("ifname") ? `"${part}"` : part)).join(" . ");
const valueText = ({ value }: Held) => (value.length > 0 ? ` : ${value.join(" . ")}` : "");

/** `add element` commands, one a set. */
export const addText = (table: string, elements: readonly Held[]): string =>
  bySet(elements, (set, all) => {
    const list = all.map((element) => `${keyText(element)} comment "${element.comment}"${valueText(element)}`);
    return `add element inet ${table} ${set} { ${list.join(", ")} }\n`;
  });

/** `delete element` commands: by key, whatever the value. */
export const deleteText = (table: string, elements: readonly Held[]): string =>
  bySet(elements, (set, all) => `delete element inet ${table} ${set} { ${all.map(keyText).join(", ")} }\n`);

function bySet(elements: readonly Held[], write: (set: SetName, all: Held[]) => string): string {
  const groups = Map.groupBy(elements, ({ set }) => set);
  return [...groups].map(([set, all]) => write(set, all)).join("");
}
