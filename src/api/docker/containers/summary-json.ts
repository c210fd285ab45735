import type { ContainerView } from "../../../engine/engine.ts";
import type { ContainerSize } from "../../../engine/images/container-size.ts";
import type { ContainerConfig } from "../../../model/container.ts";
import { stateWord } from "../../../model/container-state.ts";
import type { Call } from "../../route.ts";
import { endpointJson } from "../networks/endpoint-json.ts";
import { imageNames } from "./image-names.ts";
import { mountsJson } from "./mounts-json.ts";
import { portList, publishes } from "./ports-json.ts";
import { statusText } from "./state-json.ts";

/** Of ?size=1: what the container wrote, and that with what lies below. */
export const sizeJson = ({ writtenBytes, wholeBytes }: ContainerSize) => ({
  SizeRw: writtenBytes,
  SizeRootFs: wholeBytes,
});

interface SummaryOptions {
  readonly version: number;
  readonly now: number;
  imageName(config: ContainerConfig): string;
  readonly size?: ContainerSize;
}

/** Docker's container.Summary. */
export function containerSummary(view: ContainerView, options: SummaryOptions) {
  const { container, endpoints } = view;
  const { config, state } = container;
  const running = state.status === "running";
  const own = config.networkMode.kind === "container" ? [] : endpoints;
  return {
    Id: container.id,
    Names: [container.name, ...view.linkedNames].map((name) => `/${name}`).toSorted(),
    Image: options.imageName(config),
    ImageID: config.rootfs.kind === "image" ? config.rootfs.imageId : "",
    Command: commandText(config),
    Created: Math.floor(Date.parse(container.created) / 1000),
    Ports: running && publishes(config) ? portList(config, container.ports) : [],
    ...(options.size ? sizeJson(options.size) : {}),
    Labels: config.labels,
    State: stateWord(state),
    Status: statusText(state, options.now),
    HostConfig: { NetworkMode: config.networkModeText, ...annotationsOf(config, options.version) },
    NetworkSettings: {
      Networks: Object.fromEntries(
        own.map((one) => [one.network.name, endpointJson(one, { container, version: options.version })]),
      ),
    },
    Mounts: mountsJson(view),
  };
}

/** Since API 1.46. */
function annotationsOf({ given }: ContainerConfig, version: number): { Annotations?: unknown } {
  const annotations = given?.hostConfig["Annotations"];
  return version < 46 || annotations === undefined ? {} : { Annotations: annotations };
}

/** With what each takes up; one after the other, since every one reads a whole tree of files. */
export async function sizedSummaries({ images, version }: Call, views: readonly ContainerView[]) {
  const sizeOf = images.containerSizes();
  const options = { version, now: Date.now(), imageName: imageNames(images) };
  const summaries = [];
  for (const view of views) {
    const size = await sizeOf(view.container);
    summaries.push(containerSummary(view, { ...options, size }));
  }
  return summaries;
}

/** Docker's: arguments with a blank are quoted, the program never is. */
const commandText = ({ args: [path = "", ...rest] }: ContainerConfig): string =>
  [path, ...rest.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg))].join(" ");
