import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { silentLog } from "../../base/log.ts";
import type { ClusterStore } from "../../contracts/cluster-store.ts";
import { openStore } from "../../store/sqlite.ts";
import { conformanceTests } from "../testing/conformance.ts";
import { write } from "../testing/subject.ts";
import { openEmbeddedStore } from "./store.ts";

const folder = mkdtempSync(join(tmpdir(), "fairlead-embedded-"));
const opened = new Map<string, ClusterStore>();
after(() => rmSync(folder, { recursive: true }));

conformanceTests({
  name: "embedded",
  leaseSeconds: 1,
  // The store is in the process: whoever opens the same prefix gets the same store, as the daemon's parts do.
  open: async (prefix) => {
    const store = opened.get(prefix) ?? openEmbeddedStore(openStore(join(folder, prefix)), silentLog);
    opened.set(prefix, store);
    return { ...boundTo(store), limits: store.limits, close: async () => {} };
  },
});

const boundTo = (store: ClusterStore): Omit<ClusterStore, "limits" | "close"> => ({
  get: (key) => store.get(key),
  list: (prefix) => store.list(prefix),
  txn: (conditions, writes) => store.txn(conditions, writes),
  follow: (prefix, onNews, signal) => store.follow(prefix, onNews, signal),
  grant: (ttlSeconds) => store.grant(ttlSeconds),
  status: () => store.status(),
});

test("openEmbeddedStore() finds keys and revisions again, but not what an earlier process leased", async () => {
  const path = join(folder, "again");
  const disk = openStore(path);
  const first = openEmbeddedStore(disk, silentLog);
  const revision = await write(first, { put: "a", value: "1" });
  const later = await write(first, { put: "leased", value: "1", lease: await first.grant(60) });
  disk.close(); // as the end of the process does: nothing is revoked
  const second = openEmbeddedStore(openStore(path), silentLog);
  assert.deepEqual(await second.list(""), { entries: [{ key: "a", value: "1", revision }], revision: later + 1 });
  await second.close();
});
