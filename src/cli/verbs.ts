import type { Command } from "./command/command.ts";
import { VerbTable } from "./verb-table.ts";

export interface Verb {
  readonly name: string;
  /** Other ways to say it (docker: container ls for ps). */
  readonly also: readonly string[];
  /** Loads the one command that is wanted; loading all of them takes as long as running one. */
  load(): Promise<Command>;
}

export const verb = (name: string, also: readonly string[], load: () => Promise<Command>): Verb => ({
  name,
  also,
  load,
});

/** Every verb: this line and a file. */
export const verbs: readonly Verb[] = [
  verb("run", ["container run"], async () => (await import("./commands/run.ts")).run),
  verb("create", ["container create"], async () => (await import("./commands/create.ts")).create),
  verb("ps", ["container ls", "container list", "container ps"], async () => (await import("./commands/ps.ts")).ps),
  verb("exec", ["container exec"], async () => (await import("./commands/exec.ts")).exec),
  verb("logs", ["container logs"], async () => (await import("./commands/logs.ts")).logs),
  verb("start", ["container start"], async () => (await import("./commands/start.ts")).start),
  verb("stop", ["container stop"], async () => (await import("./commands/stop.ts")).stop),
  verb("restart", ["container restart"], async () => (await import("./commands/restart.ts")).restart),
  verb("kill", ["container kill"], async () => (await import("./commands/kill.ts")).kill),
  verb("pause", ["container pause"], async () => (await import("./commands/pause.ts")).pause),
  verb("unpause", ["container unpause"], async () => (await import("./commands/unpause.ts")).unpause),
  verb("rm", ["container rm", "container remove"], async () => (await import("./commands/rm.ts")).rm),
  verb("wait", ["container wait"], async () => (await import("./commands/wait.ts")).wait),
  verb("rename", ["container rename"], async () => (await import("./commands/rename.ts")).rename),
  verb("container inspect", [], async () => (await import("./commands/container-inspect.ts")).containerInspect),
  verb("container prune", [], async () => (await import("./commands/container-prune.ts")).containerPrune),
  verb("port", ["container port"], async () => (await import("./commands/port.ts")).port),
  verb("port add", [], async () => (await import("./commands/port-add.ts")).portAdd),
  verb("port rm", ["port remove"], async () => (await import("./commands/port-rm.ts")).portRm),
  verb("network create", [], async () => (await import("./commands/network-create.ts")).networkCreate),
  verb("network ls", ["network list"], async () => (await import("./commands/network-ls.ts")).networkLs),
  verb("network inspect", [], async () => (await import("./commands/network-inspect.ts")).networkInspect),
  verb("network connect", [], async () => (await import("./commands/network-connect.ts")).networkConnect),
  verb("network disconnect", [], async () => (await import("./commands/network-disconnect.ts")).networkDisconnect),
  verb("network rm", ["network remove"], async () => (await import("./commands/network-rm.ts")).networkRm),
  verb("network prune", [], async () => (await import("./commands/network-prune.ts")).networkPrune),
  verb("host ls", ["host list"], async () => (await import("./commands/host-ls.ts")).hostLs),
  verb("host inspect", [], async () => (await import("./commands/host-inspect.ts")).hostInspect),
  verb("host rm", ["host remove"], async () => (await import("./commands/host-rm.ts")).hostRm),
  verb("host drain", [], async () => (await import("./commands/host-drain.ts")).hostDrain),
  verb("cluster status", [], async () => (await import("./commands/cluster-status.ts")).clusterStatus),
  verb("cluster rotate-key", [], async () => (await import("./commands/cluster-rotate-key.ts")).clusterRotateKey),
  verb("images", ["image ls", "image list"], async () => (await import("./commands/images.ts")).images),
  verb("image import", ["import"], async () => (await import("./commands/image-import.ts")).imageImport),
  verb("image inspect", [], async () => (await import("./commands/image-inspect.ts")).imageInspect),
  verb("image rm", ["rmi", "image remove"], async () => (await import("./commands/image-rm.ts")).imageRm),
  verb("inspect", [], async () => (await import("./commands/inspect.ts")).inspect),
  verb("events", ["system events"], async () => (await import("./commands/events.ts")).events),
  verb("repair", [], async () => (await import("./commands/repair.ts")).repair),
  verb("info", ["system info"], async () => (await import("./commands/info.ts")).info),
  verb("version", [], async () => (await import("./commands/version.ts")).version),
  verb("system reset", [], async () => (await import("./commands/system-reset.ts")).systemReset),
  verb("completion", [], async () => (await import("./commands/completion.ts")).completion),
];

/** The verbs of the CLI by themselves. */
export const verbTable = new VerbTable(verbs);
