import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shortId } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { ifThere } from "./if-there.ts";
import type { Layout } from "./layout.ts";
import { mountsBelow } from "./mounted.ts";
import { Processes } from "./processes.ts";

/**
 * Removes what an exec root on disk still says of an earlier boot. Mounts and processes do not outlive a boot: where there
 * are any the containers are of this one, whatever has become of the file that tells, and they are taken up.
 */
export function forgetEarlierBoot(layout: Layout, log: Log): void {
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  if (ifThere(() => readFileSync(layout.bootId, "utf8").trim()) === bootId) return;
  const { execRoot } = layout;
  if (isInUse(layout)) {
    log.warn(
      { execRoot, file: layout.bootId },
      "the file does not tell this boot, but containers do: they are taken up",
    );
  } else {
    log.debug({ execRoot, boot: shortId(bootId) }, "first start of this boot");
    for (const stale of [containersIn(layout), layout.runc, layout.exits])
      rmSync(stale, { recursive: true, force: true });
  }
  writeFileSync(layout.bootId, bootId);
}

const containersIn = ({ execRoot }: Layout): string => join(execRoot, "containers");

/** Not by a mount of an administrator on one of the folders themselves, which a new boot has, too. */
function isInUse(layout: Layout): boolean {
  const containers = containersIn(layout);
  if (mountsBelow(containers).some((place) => place !== containers)) return true;
  const processes = new Processes(layout);
  return layout.ids().some((id) => isAlive(processes, id));
}

function isAlive(processes: Processes, id: string): boolean {
  try {
    return (processes.init(id) ?? processes.monitor(id)) !== undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError) return false; // a record that a loss of power has cut off is of an earlier boot
    throw cause;
  }
}
