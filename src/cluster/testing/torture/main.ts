/** Carries out random schedules: main.ts embedded|etcd FIRST_SEED COUNT. Ends with 1 at the first that fails, after printing it. */
import { join } from "node:path";
import { EtcdServer, newestEtcd } from "../../../../lab/etcd.ts";
import { silentLog } from "../../../base/log.ts";
import { openStore } from "../../../store/sqlite.ts";
import { openEmbeddedStore } from "../../embedded/store.ts";
import { openEtcdStore } from "../../etcd/store.ts";
import { scheduleOf } from "./schedule.ts";
import { type TortureOptions, torture } from "./torture.ts";

/** Minutes of a schedule are seconds then. Faster, and the time that etcd takes would count too much. */
const etcdSpeed = 20;

const [kind = "", first = "", count = ""] = process.argv.slice(2);
const seeds = Array.from({ length: Number(count) }, (_, index) => Number(first) + index);
if (!["embedded", "etcd"].includes(kind) || seeds.length === 0 || !seeds.every(Number.isInteger)) {
  console.error("usage: main.ts embedded|etcd FIRST_SEED COUNT");
  process.exit(2);
}
process.exitCode = (await (kind === "etcd" ? onEtcd() : onEmbedded())) ? 0 : 1;

/** In this process: the same each time. */
function onEmbedded(): Promise<boolean> {
  return all(() => ({
    graceSeconds: 25, // short, so that many are taken for lost
    open: (folder) => openEmbeddedStore(openStore(join(folder, "shared.db")), silentLog),
  }));
}

/** On a real etcd, which listens on the loopback interface: in a network namespace that is thrown away. */
async function onEtcd(): Promise<boolean> {
  await using server = await EtcdServer.create({ program: newestEtcd() });
  return await all((seed) => ({
    speed: etcdSpeed,
    graceSeconds: 60, // real time passes while this process waits for a processor
    open: () => openEtcdStore({ kind: "etcd", endpoints: [server.endpoint], prefix: `torture${seed}` }, silentLog),
  }));
}

async function all(optionsFor: (seed: number) => TortureOptions): Promise<boolean> {
  for (const seed of seeds) {
    try {
      await torture(scheduleOf(seed), optionsFor(seed));
    } catch (error) {
      console.error(`seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return false;
    }
  }
  console.log(`${seeds.length} schedules from seed ${first} on ${kind}: all is well`);
  return true;
}
