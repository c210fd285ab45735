import type { ClusterState } from "../contracts/cluster.ts";

/** Whether the store is heard and whether this host is fenced, since when and why. */
export class Standing {
  #connected = false;
  #fenced: boolean;
  #why = "nothing has been heard of the store yet";
  #since = new Date().toISOString();
  #outages = 0;
  #compared = false;
  #settled = false;

  constructor(fenced: boolean) {
    this.#fenced = fenced;
  }

  get connected(): boolean {
    return this.#connected;
  }

  get fenced(): boolean {
    return this.#fenced;
  }

  /** This host knows which addresses are its own, since it last joined. */
  get compared(): boolean {
    return this.#compared;
  }

  /** And the store has of it what it shall have: it may give things away. */
  get settled(): boolean {
    return this.#settled;
  }

  unsettle(): void {
    this.#compared = false;
    this.#settled = false;
  }

  noteCompared(): void {
    this.#compared = true;
  }

  noteSettled(): void {
    this.#settled = true;
  }

  /** True when that is another answer than before. */
  hear(connected: boolean, why: string): boolean {
    this.#why = why;
    if (this.#connected === connected) return false;
    this.#connected = connected;
    if (!connected) this.#outages += 1;
    this.#since = new Date().toISOString();
    return true;
  }

  /** The same. */
  fence(fenced: boolean): boolean {
    if (this.#fenced === fenced) return false;
    this.#fenced = fenced;
    this.#since = new Date().toISOString();
    return true;
  }

  get state(): Pick<ClusterState, "state" | "connected" | "why" | "since" | "outages"> {
    const heard = this.#connected ? "connected" : "away";
    return {
      state: this.#fenced ? "fenced" : heard,
      connected: this.#connected,
      why: this.#why === "" && this.#fenced ? "this host has not joined yet" : this.#why,
      since: this.#since,
      outages: this.#outages,
    };
  }
}
