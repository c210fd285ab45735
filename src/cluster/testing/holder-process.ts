import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { StoreAddress } from "../../contracts/cluster-store.ts";

/** Another process that holds a lease with the key "held" under it. Disposed, it ends. */
export class Holder implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcess) {
    this.#child = child;
    if (!child.stdout) throw new Error("the holder has no output");
    this.#lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  }

  /** Throws when it has ended by itself. */
  kill(signal: NodeJS.Signals): void {
    if (this.#hasEnded || !this.#child.kill(signal)) throw this.#ended();
  }

  /** As the machine's end does it. Resolves when it is dead; fails when something else ended it. */
  async crash(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.kill("SIGKILL");
    await exit;
    if (this.#child.signalCode !== "SIGKILL") throw this.#ended();
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #ended = (): Error => new Error(`the holder ended: ${this.#child.signalCode ?? this.#child.exitCode}`);

  /** The next line that it says: "holds", then "lost after N ms" once it knows that the lease is gone. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw this.#ended();
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded) return;
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exit;
  }
}

export async function startHolder(address: StoreAddress, ttlSeconds: number): Promise<Holder> {
  const script = join(import.meta.dirname, "holder.ts");
  const input = JSON.stringify({ address, ttlSeconds });
  const holder = new Holder(spawn(process.execPath, [script, input], { stdio: ["ignore", "pipe", "inherit"] }));
  const said = await holder.line();
  if (said !== "holds") throw new Error(`the holder says "${said}"`);
  return holder;
}
