import { hostNetns, type KernelChange } from "../../contracts/kernel.ts";
import { addrMessage, RTM_DELADDR } from "../netlink/addr.ts";
import { decodeMessage } from "../netlink/codec.ts";
import type { Frame } from "../netlink/frame.ts";
import { linkMessage, RTM_DELLINK, RTM_NEWLINK } from "../netlink/link.ts";
import { type LinkState, linkState } from "../netlink/lists.ts";
import { generationMessage, isGeneration, isNftables, nftObjectMessage } from "../netlink/nft-generation.ts";
import { RT_TABLE_MAIN, RTM_DELROUTE, routeMessage } from "../netlink/route.ts";
import { ownerIn, ownerOfLink } from "../objects/mark.ts";

const AF_BRIDGE = 7;
const NFPROTO_INET = 1;

/** What of a link matters: carrier and counters come and go by themselves. */
const essence = ({ name, mac, mtu, up, master, alias, kind }: LinkState): string =>
  JSON.stringify([name, mac, mtu, up, master, alias, kind]);

/** What matters of a link of other people, which may be a parent of ours. */
const presence = ({ name, up }: LinkState): string => JSON.stringify([name, up]);

/**
 * Turns notifications of the host into changes of what is ours, or what ours may sit on. Keeps links by index, for most
 * messages name no more.
 */
export class ChangeFilter {
  readonly #ours = new Map<number, { name: string; essence: string }>();
  /** Presence of links that are not ours. */
  readonly #others = new Map<number, string>();
  readonly #thread: number;
  readonly #table: string;
  #touched = false;

  /** `thread`: the kernel's id of the thread whose nft transactions are our own. */
  constructor(options: { links: readonly LinkState[]; thread: number; table: string }) {
    this.#thread = options.thread;
    this.#table = options.table;
    for (const link of options.links) this.#remember(link);
  }

  read(frame: Frame): KernelChange | undefined {
    if (frame.type === RTM_NEWLINK || frame.type === RTM_DELLINK) return this.#link(frame);
    // What is added harms nothing of ours; the address or route that is missing does.
    if (frame.type === RTM_DELADDR)
      return this.#of("address", decodeMessage(addrMessage, frame.payload).header.ifIndex);
    if (frame.type === RTM_DELROUTE) return this.#route(frame);
    return undefined;
  }

  /** Notifications of a transaction come in order, its generation last, and only that says who made it. */
  readRules(frame: Frame): KernelChange | undefined {
    if (isGeneration(frame.type)) {
      const { processId } = decodeMessage(generationMessage, frame.payload).attributes;
      const report = this.#touched && processId !== this.#thread;
      this.#touched = false;
      return report ? { what: "rules", netns: hostNetns, name: this.#table } : undefined;
    }
    if (!isNftables(frame.type)) return undefined;
    const { header, attributes } = decodeMessage(nftObjectMessage, frame.payload);
    if (header.family === NFPROTO_INET && attributes.table === this.#table) this.#touched = true;
    return undefined;
  }

  #link(frame: Frame): KernelChange | undefined {
    const message = decodeMessage(linkMessage, frame.payload);
    const link = linkState(message);
    const known = this.#ours.get(link.ifIndex);
    if (message.header.family === AF_BRIDGE) {
      // A bridge speaks of its ports: only that one left is news, the rest comes again as an ordinary message.
      return frame.type === RTM_DELLINK && known ? change("link", known.name) : undefined;
    }
    if (frame.type === RTM_DELLINK) {
      this.#ours.delete(link.ifIndex);
      const other = this.#others.delete(link.ifIndex);
      return known || other || ownerIn(link.alias) ? change("link", known?.name ?? link.name) : undefined;
    }
    const before = this.#others.get(link.ifIndex);
    this.#remember(link);
    if (known) return known.essence === essence(link) ? undefined : change("link", known.name);
    const after = this.#others.get(link.ifIndex);
    return after === undefined || after === before ? undefined : change("link", link.name);
  }

  /** Tables but main are the kernel's own bookkeeping: they follow addresses. */
  #route(frame: Frame): KernelChange | undefined {
    const { header, attributes } = decodeMessage(routeMessage, frame.payload);
    return header.table === RT_TABLE_MAIN ? this.#of("route", attributes.outInterface) : undefined;
  }

  #of(what: "address" | "route", ifIndex: number | undefined): KernelChange | undefined {
    const known = ifIndex === undefined ? undefined : this.#ours.get(ifIndex);
    return known ? change(what, known.name) : undefined;
  }

  #remember(link: LinkState): void {
    this.#ours.delete(link.ifIndex);
    this.#others.delete(link.ifIndex);
    if (ownerIn(link.alias)) this.#ours.set(link.ifIndex, { name: link.name, essence: essence(link) });
    // One of ours that is being made has no alias yet, and is nobody else's.
    else if (ownerOfLink(link) === undefined) this.#others.set(link.ifIndex, presence(link));
  }
}

const change = (what: KernelChange["what"], name: string): KernelChange => ({ what, netns: hostNetns, name });
