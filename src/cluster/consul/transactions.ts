import { invalid } from "../../base/errors.ts";
import type { Condition, Entry, TxnResult, Write } from "../../contracts/cluster-store.ts";
import type { Agents } from "./agents.ts";
import { denied, storeError } from "./failure.ts";
import { hold, type Operation, Operations, type TxnAnswer } from "./operations.ts";
import type { Reader } from "./reader.ts";
import type { KvRecord, Root } from "./records.ts";

/** Consul's own limits: maxTxnOps of its sources, and txn_max_req_len of its agents as it is unless configured. */
const maxOperations = 64;
const maxBytes = 512 * 1024;

/** How often what others change meanwhile is looked at anew before it is told as it is. */
const attempts = 5;

/** Transactions by /v1/txn. */
export class Transactions {
  readonly #agents: Agents;
  readonly #root: Root;
  readonly #reader: Reader;
  readonly #operations: Operations;
  readonly #timeoutMs: number;

  constructor(agents: Agents, root: Root, reader: Reader, timeoutMs: number) {
    this.#agents = agents;
    this.#root = root;
    this.#reader = reader;
    this.#operations = new Operations(root);
    this.#timeoutMs = timeoutMs;
  }

  async run(conditions: readonly Condition[], writes: readonly Write[]): Promise<TxnResult> {
    const what = nameOf(conditions, writes);
    if (writes.length === 0) return this.#check(what, conditions);
    for (let attempt = 1; ; attempt += 1) {
      const records = await this.#write(what, conditions, writes);
      if (records) return { done: true, revision: await this.#settle(what, writes, records) };
      const found = await this.#find(what, conditions);
      // Refused for what is no longer so: to say "not done" with conditions that hold would send the caller in circles.
      if (attempt === attempts || !hold(conditions, found)) return { done: false, found };
    }
  }

  /** Undefined when a condition does not hold. */
  async #write(
    what: string,
    conditions: readonly Condition[],
    writes: readonly Write[],
    takeOver: ReadonlySet<string> = new Set(),
  ): Promise<readonly KvRecord[] | undefined> {
    const checks = conditions.map((condition) => this.#operations.condition(condition));
    const operations = [...checks, ...this.#operations.writes(writes, takeOver)];
    const { Results, Errors } = await this.#send(what, operations, false);
    if (!Errors) return (Results ?? []).map(({ KV }) => KV);
    this.#refuse(what, Errors);
    if (Errors.some(({ OpIndex }) => OpIndex < checks.length)) return undefined;
    const held = Errors.filter(({ What }) => What.endsWith("lock is already held"));
    if (held.length === 0 || takeOver.size > 0) throw this.#refusal(what, Errors[0]?.What ?? "no reason given");
    const keys = held.map(({ OpIndex }) => operations[OpIndex]?.KV.Key);
    const puts = writes.flatMap((write) =>
      "put" in write && keys.includes(this.#root.full(write.put)) ? [write.put] : [],
    );
    return this.#write(what, conditions, writes, new Set(puts));
  }

  /** Only conditions: a read. The revision is one at which the store was not yet newer than when they were checked. */
  async #check(what: string, conditions: readonly Condition[]): Promise<TxnResult> {
    const revision = await this.#reader.index(what, conditions[0]?.key ?? "");
    const found = await this.#find(what, conditions);
    return hold(conditions, found) ? { done: true, revision } : { done: false, found };
  }

  /** The keys of the conditions as they are at one time, those that exist. */
  async #find(what: string, conditions: readonly Condition[]): Promise<Entry[]> {
    const keys = [...new Set(conditions.map(({ key }) => key))];
    const missing = new Set<string>();
    for (let attempt = 1; ; attempt += 1) {
      const operations = keys.map((key) =>
        missing.has(key) ? this.#operations.absent(key) : this.#operations.get(key),
      );
      const { Results, Errors } = await this.#send(what, operations, true);
      if (Errors) this.#refuse(what, Errors);
      const records = Results ?? [];
      // What the token may not read is left out without a word.
      if (!Errors && records.length < keys.length - missing.size)
        throw this.#refusal(what, denied("Permission denied").why);
      if (!Errors) return records.map(({ KV }) => this.#root.entry(KV));
      if (attempt === attempts) return this.#findEach(keys);
      for (const { OpIndex } of Errors) {
        const key = keys[OpIndex] ?? "";
        if (!missing.delete(key)) missing.add(key);
      }
    }
  }

  /** Not at one time: they change so fast that no transaction gets hold of them. */
  async #findEach(keys: readonly string[]): Promise<Entry[]> {
    const entries = await Promise.all(keys.map((key) => this.#reader.get(key)));
    return entries.filter((entry) => entry !== undefined);
  }

  /**
   * A set leaves the key with the session that has it locked, but a put without a lease is to take it out of the other's
   * hands. Returns the revision of the last change.
   */
  async #settle(what: string, writes: readonly Write[], records: readonly KvRecord[]): Promise<number> {
    let revision = Math.max(...records.map(({ ModifyIndex }) => ModifyIndex));
    for (const write of writes) {
      if (!("put" in write) || write.lease) continue;
      const record = records.findLast(({ Key }) => Key === this.#root.full(write.put));
      if (!record?.Session) continue;
      revision = Math.max(revision, await this.#detach(what, write.put, write.value, record, record.Session));
    }
    return revision;
  }

  /** Returns the revision of the change, 0 if there was none to make: somebody else has changed the key since. */
  async #detach(what: string, key: string, value: string, record: KvRecord, session: string): Promise<number> {
    const operations = this.#operations.detach(key, record.ModifyIndex, value, session);
    const { Results, Errors } = await this.#send(what, operations, false);
    if (!Errors) return Results?.at(-1)?.KV.ModifyIndex ?? 0;
    this.#refuse(what, Errors);
    if (await this.#reader.get(key)) return 0;
    // Gone: with its session a moment ago, or deleted by somebody. What was deleted is not put again.
    if (await this.#sessionLives(what, session)) return 0;
    const again = await this.run([{ key, is: "absent" }], [{ put: key, value }]);
    return again.done ? again.revision : 0;
  }

  async #sessionLives(what: string, session: string): Promise<boolean> {
    const path = `/session/info/${session}?consistent`;
    const call = { what, method: "GET", path, safe: true, answers: [200], patience: this.#timeoutMs } as const;
    const { body } = await this.#agents.send(call);
    return ((JSON.parse(body) as unknown[] | null) ?? []).length > 0;
  }

  async #send(what: string, operations: readonly Operation[], safe: boolean): Promise<TxnAnswer> {
    const body = JSON.stringify(operations);
    const bytes = Buffer.byteLength(body);
    if (operations.length > maxOperations || bytes > maxBytes) {
      const size = `${operations.length} operations in ${bytes} bytes`;
      const why = `Consul would need ${size} for it, and takes ${maxOperations} operations in ${maxBytes} bytes at most`;
      throw invalid("transaction on the cluster's store", why);
    }
    // A transaction that only reads is subject to the mode of consistency; others go through the log anyway.
    const path = safe ? "/txn?consistent" : "/txn";
    const call = { what, method: "PUT", path, body, safe, answers: [200, 409], patience: this.#timeoutMs } as const;
    return JSON.parse((await this.#agents.send(call)).body) as TxnAnswer;
  }

  #refuse(what: string, errors: NonNullable<TxnAnswer["Errors"]>): void {
    const denial = errors.find(({ What }) => /permission denied/i.test(What));
    if (denial) throw this.#refusal(what, denied(denial.What).why);
  }

  #refusal(what: string, why: string): Error {
    const gone = /^invalid session "(.*)"$/.exec(why);
    return storeError(what, this.#agents.store, { why: gone ? `the lease ${gone[1]} is gone` : why, refused: true });
  }
}

function nameOf(conditions: readonly Condition[], writes: readonly Write[]): string {
  const [write] = writes;
  const more = writes.length > 1 ? ` and ${writes.length - 1} more` : "";
  if (!write) return `check "${conditions[0]?.key ?? ""}"`;
  return "put" in write ? `write "${write.put}"${more}` : `delete "${write.delete}"${more}`;
}
