import { silentLog } from "../../src/base/log.ts";
import { openEtcdStore } from "../../src/cluster/etcd/store.ts";
import { seedHost } from "./seed.ts";

/*
 * node seed-endpoints.ts ENDPOINT NETWORK HOSTS: hosts with 100 endpoints each on a network of a real cluster, which are
 * in its etcd and nowhere else. Runs where the store can be reached.
 */
const [endpoint = "", networkId = "", hosts = "0"] = process.argv.slice(2);
/** Beyond the addresses that the daemons there are give out. */
const first = 100;
const store = openEtcdStore({ kind: "etcd", endpoints: [endpoint], prefix: "fairlead" }, silentLog);
for (let host = first; host < first + Number(hosts); host++) await seedHost(store, networkId, host, 100);
await store.close();
