import type { ContainerView } from "../../../engine/engine.ts";
import type { ContainerConfig, ContainerState } from "../../../model/container.ts";
import { endpointJson } from "../networks/endpoint-json.ts";
import { imageName } from "./inspect-json.ts";
import { portList } from "./ports-json.ts";

/** Docker's container.Summary. */
export function containerSummary(view: ContainerView, options: { version: number; now: number; size: boolean }) {
  const { container, endpoints } = view;
  const { config, state } = container;
  const running = state.status === "running";
  const own = config.networkMode.kind === "container" ? [] : endpoints;
  return {
    Id: container.id,
    Names: [`/${container.name}`],
    Image: imageName(config),
    ImageID: config.rootfs.kind === "image" ? config.rootfs.imageId : "",
    Command: commandText(config),
    Created: Math.floor(Date.parse(container.created) / 1000),
    Ports: running ? portList(config, container.ports) : [],
    // Sizes are not measured; 0 is what Docker says for a layer nobody has written to.
    ...(options.size ? { SizeRw: 0, SizeRootFs: 0 } : {}),
    Labels: config.labels,
    State: state.status,
    Status: statusText(state, options.now),
    HostConfig: { NetworkMode: config.networkModeText },
    NetworkSettings: {
      Networks: Object.fromEntries(
        own.map((one) => [one.network.name, endpointJson(one, { running, version: options.version })]),
      ),
    },
    Mounts: config.mounts.map(({ type, source, target, readOnly }) => ({
      Type: type,
      Source: type === "bind" ? source : "",
      Destination: target,
      Mode: "",
      RW: !readOnly,
      Propagation: "",
    })),
  };
}

const commandText = ({ args }: ContainerConfig): string =>
  args.map((arg) => (/[\s'"]/.test(arg) ? `'${arg}'` : arg)).join(" ");

/** "Up 2 minutes", "Exited (0) 3 seconds ago", "Created". */
export function statusText(state: ContainerState, now: number): string {
  if (state.status === "created") return "Created";
  if (state.status === "running") return `Up ${humanDuration(now - Date.parse(state.startedAt))}`;
  return `Exited (${state.exitCode}) ${humanDuration(now - Date.parse(state.finishedAt))} ago`;
}

/** A duration as Docker words it: below these limits, in this unit. */
const units: readonly { below: number; unit: number; name: string; one?: string }[] = [
  { below: 60, unit: 1, name: "seconds", one: "1 second" },
  { below: 3600, unit: 60, name: "minutes", one: "About a minute" },
  { below: 48 * 3600, unit: 3600, name: "hours", one: "About an hour" },
  { below: 14 * 86400, unit: 86400, name: "days" },
  { below: 60 * 86400, unit: 7 * 86400, name: "weeks" },
  { below: 730 * 86400, unit: 30 * 86400, name: "months" },
  { below: Number.POSITIVE_INFINITY, unit: 365 * 86400, name: "years" },
];

function humanDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 1) return "Less than a second";
  const { unit, name, one } = units.find(({ below }) => seconds < below) ?? { unit: 1, name: "seconds" };
  const count = Math.floor(seconds / unit);
  return count === 1 && one ? one : `${count} ${name}`;
}
