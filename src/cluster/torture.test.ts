import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../base/log.ts";
import { openStore } from "../store/sqlite.ts";
import { openEmbeddedStore } from "./embedded/store.ts";
import { scheduleOf } from "./testing/torture/schedule.ts";
import { torture } from "./testing/torture/torture.ts";

const count = Number(process.env["FAIRLEAD_TORTURE"] ?? 200);
const first = Number(process.env["FAIRLEAD_SEED"] ?? 1);

test(`OVL-301: ${count} random schedules from seed ${first} on`, async () => {
  for (let seed = first; seed < first + count; seed++)
    await torture(scheduleOf(seed), {
      open: (folder) => openEmbeddedStore(openStore(join(folder, "shared.db")), silentLog),
    });
});
