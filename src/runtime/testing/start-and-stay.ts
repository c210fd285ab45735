import { join } from "node:path";
import { silentLog } from "../../base/log.ts";
import type { RunPlan } from "../../contracts/runtime.ts";
import { launcher } from "../../kernel/launcher/launcher.ts";
import { layerFiles } from "../../kernel/mounts/layer-files.ts";
import { mounts } from "../../kernel/mounts/mounts.ts";
import { streams } from "../../kernel/streams/streams.ts";
import { openRuntime } from "../runtime.ts";

const archiveWorker = join(import.meta.dirname, "../../main/archive-worker.ts");

/*
 * A daemon in small, to be killed: opens a runtime on the roots given, starts the container described on standard input,
 * says so, and stays.
 */
const [dataRoot = "", execRoot = ""] = process.argv.slice(2);
const plan = JSON.parse(Buffer.concat(await Array.fromAsync(process.stdin)).toString()) as RunPlan;
const kernel = { mounts, layerFiles, streams, launcher };
const runtime = openRuntime({ dataRoot, execRoot, ...kernel, archiveWorker, log: silentLog });
await runtime.create(plan);
await runtime.start(plan.container.id);
process.stdout.write("started\n");
setInterval(() => {}, 1 << 30);
