import { hostNetns, type Sandboxes } from "../../contracts/kernel.ts";
import type { Nft } from "../../contracts/nft.ts";
import { NftContext } from "../ffi/nftables.ts";
import { NETLINK_NETFILTER, NetlinkSocket } from "../netlink/socket.ts";
import { nftError } from "./nft-error.ts";
import { putPortRewrites } from "./port-rewrites.ts";

/**
 * nftables of the host and of sandboxes. The host's context stays open: a process that ends after a deletion, as the
 * nft program does, waits for the kernel's grace period (16 ms). And it is opened early: libnftables waits in select(2)
 * and ends the process when its socket is not among the first 1024 descriptors, which a daemon with some hundred
 * sandboxes has all in use. For the same reason sandboxes are changed without it.
 */
export function openNft({ runIn }: { runIn: Sandboxes["runIn"] }): Nft & Disposable {
  const host = runIn<NftContext>(hostNetns, () => new NftContext());
  return {
    run(_host, commands) {
      outputOf(host, commands);
    },
    list: (_host, command) => JSON.parse(outputOf(host, command, "json")),
    outline: (_host, command) => outputOf(host, command),
    rewritePorts(netns, table, rewrites) {
      using socket = runIn<NetlinkSocket>(netns, () => new NetlinkSocket(NETLINK_NETFILTER));
      putPortRewrites(socket, table, rewrites);
    },
    [Symbol.dispose]: () => host[Symbol.dispose](),
  };
}

function outputOf(context: NftContext, commands: string, print: "json" | "terse" = "terse"): string {
  const { failed, output, error } = context.run(commands, print);
  if (failed) throw nftError(commands, error);
  return output;
}
