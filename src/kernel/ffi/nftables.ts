import koffi from "koffi";
import { withoutSignals } from "./signals.ts";

/*
 * libnftables.so.1 (Debian 12: 1.0.6), include/nftables/libnftables.h. Synchronous; a context holds a netlink socket of
 * the namespace it was made in.
 */

/** How to print: NFT_CTX_OUTPUT_JSON, or text without elements (NFT_CTX_OUTPUT_TERSE). */
const outputFlags = { json: 1 << 4, terse: 1 << 11 } as const;

type Context = unknown;

function load() {
  const lib = koffi.load("libnftables.so.1");
  return {
    create: lib.func("void *nft_ctx_new(uint32_t flags)"),
    free: lib.func("void nft_ctx_free(void *ctx)"),
    bufferOutput: lib.func("int nft_ctx_buffer_output(void *ctx)"),
    bufferError: lib.func("int nft_ctx_buffer_error(void *ctx)"),
    setOutputFlags: lib.func("void nft_ctx_output_set_flags(void *ctx, uint32_t flags)"),
    run: lib.func("int nft_run_cmd_from_buffer(void *ctx, str commands)"),
    output: lib.func("str nft_ctx_get_output_buffer(void *ctx)"),
    error: lib.func("str nft_ctx_get_error_buffer(void *ctx)"),
  };
}

let loaded: ReturnType<typeof load> | undefined;
/** Loaded at first use: machines that only run unit tests need not have the library. */
const library = (): ReturnType<typeof load> => {
  loaded ??= load();
  return loaded;
};

/** One nftables context. It stays in the namespace that the thread was in when it was made. */
export class NftContext implements Disposable {
  readonly #lib = library();
  #context: Context;

  constructor() {
    this.#context = this.#lib.create(0);
    if (!this.#context) throw new Error("Cannot make an nftables context: out of memory or no netlink socket");
    this.#lib.bufferOutput(this.#context);
    this.#lib.bufferError(this.#context);
  }

  /** Runs nft commands as one transaction. `error` holds nft's words, also for a warning with `failed` false. */
  run(commands: string, print: keyof typeof outputFlags = "terse"): { failed: boolean; output: string; error: string } {
    this.#lib.setOutputFlags(this.#context, outputFlags[print]);
    // It waits in select(2), which a signal ends even when the kernel has done all that it was asked.
    const status: number = withoutSignals(() => this.#lib.run(this.#context, commands));
    const output: string = this.#lib.output(this.#context);
    const error: string = this.#lib.error(this.#context);
    return { failed: status !== 0, output, error };
  }

  [Symbol.dispose](): void {
    if (this.#context) this.#lib.free(this.#context);
    this.#context = undefined;
  }
}
