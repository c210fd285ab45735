import type { Entry } from "../../contracts/cluster-store.ts";

/** A key as Consul's HTTP API has it: /v1/kv, and the results of /v1/txn. */
export interface KvRecord {
  readonly Key: string;
  /** Base64; null when empty, and in the results of writes. */
  readonly Value: string | null;
  readonly ModifyIndex: number;
  /** Holder of the lock. */
  readonly Session?: string;
}

/** Keys of ClusterStore below the root under which they are kept: "hosts/a" is "fairlead/hosts/a". */
export class Root {
  readonly #root: string;

  constructor(prefix: string) {
    this.#root = `${prefix}/`;
  }

  full(key: string): string {
    return this.#root + key;
  }

  /** Path of a key or prefix in the HTTP API. */
  path(key: string): string {
    return `/kv/${this.full(key).split("/").map(encodeURIComponent).join("/")}`;
  }

  entry({ Key, Value, ModifyIndex }: KvRecord): Entry {
    return { key: Key.slice(this.#root.length), value: decode(Value), revision: ModifyIndex };
  }
}

const decode = (value: string | null): string => (value === null ? "" : Buffer.from(value, "base64").toString());
export const encode = (value: string): string => Buffer.from(value).toString("base64");
