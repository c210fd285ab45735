// The process that holder-process.ts starts. Argument: JSON of { address, ttlSeconds }.
import { performance } from "node:perf_hooks";
import { silentLog } from "../../base/log.ts";
import type { StoreAddress } from "../../contracts/cluster-store.ts";
import { openClusterStore } from "../open.ts";

const { address, ttlSeconds } = JSON.parse(process.argv[2] ?? "") as { address: StoreAddress; ttlSeconds: number };
const store = await openClusterStore(address, silentLog);
const lease = await store.grant(ttlSeconds);
await store.txn([], [{ put: "held", value: "1", lease }]);
console.log("holds");
await lease.lost;
console.log(`lost after ${performance.now() - lease.renewedAt} ms`);
