import { hostNetns, type NetnsRef, type Sandboxes } from "../../contracts/kernel.ts";
import type { Nft } from "../../contracts/nft.ts";
import { NftContext } from "../ffi/nftables.ts";
import { nftError } from "./nft-error.ts";

/**
 * nftables of the host and of sandboxes. The host's context stays open: a process that ends after a deletion, as the
 * nft program does, waits for the kernel's grace period (16 ms). Sandboxes get one for the call (0.04 ms).
 */
export function openNft({ runIn }: { runIn: Sandboxes["runIn"] }): Nft & Disposable {
  const host = runIn<NftContext>(hostNetns, () => new NftContext());
  const within = <T extends string>(netns: NetnsRef, body: (context: NftContext) => T): string => {
    if (netns === hostNetns) return body(host);
    return runIn<string>(netns, () => {
      using context = new NftContext();
      return body(context);
    });
  };
  return {
    run(netns, commands) {
      within(netns, (context) => outputOf(context, commands));
    },
    list: (netns, command) => JSON.parse(within(netns, (context) => outputOf(context, command, "json"))),
    outline: (netns, command) => within(netns, (context) => outputOf(context, command)),
    [Symbol.dispose]: () => host[Symbol.dispose](),
  };
}

function outputOf(context: NftContext, commands: string, print: "json" | "terse" = "terse"): string {
  const { failed, output, error } = context.run(commands, print);
  if (failed) throw nftError(commands, error);
  return output;
}
