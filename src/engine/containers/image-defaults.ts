import { invalid } from "../../base/errors.ts";
import { signalNumber } from "../../base/signals.ts";
import type { ContainerConfig } from "../../model/container.ts";
import type { Healthcheck } from "../../model/health.ts";
import type { ImageRuntimeConfig } from "../../model/image.ts";
import type { Protocol } from "../../model/port.ts";
import type { ContainerRequest } from "../engine.ts";

/** What a container is stopped with unless it or its image says otherwise. */
const defaultStopSignal = "SIGTERM";

/** What the user asked for, completed by what the image says, in Docker's way; refuses what cannot run. */
export function withImageDefaults(
  { config, entrypointGiven = false }: Pick<ContainerRequest, "config" | "entrypointGiven">,
  image: ImageRuntimeConfig | undefined,
): ContainerConfig {
  const merged = image ? merge(config, image, entrypointGiven) : config;
  // `--entrypoint ""` says that there is none, and keeps the image's command away too.
  const entrypoint = merged.entrypoint.length === 1 && merged.entrypoint[0] === "" ? [] : merged.entrypoint;
  const args = [...entrypoint, ...merged.command];
  if (args.length === 0) throw invalid("Cmd", "no command specified");
  const stopSignal = merged.stopSignal || defaultStopSignal;
  signalNumber(stopSignal);
  return { ...merged, entrypoint, args, stopSignal };
}

type Words = Pick<
  ImageRuntimeConfig,
  "user" | "env" | "entrypoint" | "command" | "workingDir" | "labels" | "stopSignal" | "healthcheck"
>;

/** What is said anew, completed by what lies below; a new entrypoint keeps the old command away. */
export function completed(own: Words, below: Words): Words {
  const healthcheck = mergeHealthcheck(own.healthcheck, below.healthcheck);
  return {
    user: own.user || below.user,
    env: [...own.env, ...below.env.filter((one) => !hasVariable(own.env, one))],
    entrypoint: own.entrypoint.length > 0 ? own.entrypoint : below.entrypoint,
    command: own.command.length > 0 || own.entrypoint.length > 0 ? own.command : below.command,
    workingDir: own.workingDir || below.workingDir,
    labels: { ...below.labels, ...own.labels },
    stopSignal: own.stopSignal || below.stopSignal,
    ...(healthcheck ? { healthcheck } : {}),
  };
}

function merge(config: ContainerConfig, image: ImageRuntimeConfig, entrypointGiven: boolean): ContainerConfig {
  const volumes = [...new Set([...(config.storage?.volumes ?? []), ...image.volumes])];
  return {
    ...config,
    ...completed(config, image),
    ...(entrypointGiven ? { entrypoint: config.entrypoint } : {}),
    exposed: mergePorts(config.exposed, image.exposed),
    ...(volumes.length > 0 ? { storage: { ...config.storage, volumes } } : {}),
    ...shownFrom(config, image),
  };
}

/** What inspect shows of the image's that is no setting of ours. */
function shownFrom({ given }: ContainerConfig, image: ImageRuntimeConfig): Pick<ContainerConfig, "given"> {
  const config = {
    ...(image.stopSignal ? { StopSignal: image.stopSignal } : {}),
    ...(image.shell.length > 0 ? { Shell: image.shell } : {}),
    ...given?.config,
  };
  if (Object.keys(config).length === 0) return {};
  return { given: { config, hostConfig: given?.hostConfig ?? {} } };
}

const hasVariable = (env: readonly string[], variable: string): boolean => {
  const [name = ""] = variable.split("=", 1);
  return env.some((one) => one === name || one.startsWith(`${name}=`));
};

/** What the user left at its zero is the image's. */
function mergeHealthcheck(own: Healthcheck | undefined, image: Healthcheck | undefined): Healthcheck | undefined {
  if (!own || !image) return own ?? image;
  return {
    test: own.test.length > 0 ? own.test : image.test,
    intervalNs: own.intervalNs || image.intervalNs,
    timeoutNs: own.timeoutNs || image.timeoutNs,
    startPeriodNs: own.startPeriodNs || image.startPeriodNs,
    startIntervalNs: own.startIntervalNs || image.startIntervalNs,
    retries: own.retries || image.retries,
  };
}

function mergePorts(own: ContainerConfig["exposed"], image: readonly string[]): ContainerConfig["exposed"] {
  const known = new Set(own.map(({ protocol, port }) => `${port}/${protocol}`));
  const more = image.flatMap(parseExposed).filter(({ protocol, port }) => !known.has(`${port}/${protocol}`));
  return [...own, ...more];
}

const protocols: readonly Protocol[] = ["tcp", "udp", "sctp"];

/** "80/tcp", "80", "8000-8010/udp"; an image may say anything, and what is no port exposes none. */
function parseExposed(text: string): { protocol: Protocol; port: number }[] {
  const [, first, last = first, word = "tcp"] = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/([a-z]+))?$/i.exec(text) ?? [];
  const protocol = protocols.find((one) => one === word.toLowerCase());
  const [from, to] = [Number(first), Number(last)];
  if (!protocol || !(from >= 1 && from <= to && to <= 65535)) return [];
  return Array.from({ length: to - from + 1 }, (_, index) => ({ protocol, port: from + index }));
}
