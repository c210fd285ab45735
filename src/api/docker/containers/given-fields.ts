import type { ContainerConfig } from "../../../model/container.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Fields of Config that change nothing here, or whose absence inspect shows: as they were sent. */
export const givenConfigFields = ["StopSignal", "StopTimeout", "Shell", "ArgsEscaped"];

/** The same of HostConfig, with what Docker shows when nothing was sent; undefined: nothing. */
const hostConfigFields: Fields = {
  ContainerIDFile: "",
  ConsoleSize: [0, 0],
  Cgroup: "",
  Links: null,
  Isolation: "",
  CpuCount: 0,
  CpuPercent: 0,
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
  Annotations: undefined,
  KernelMemory: undefined,
  KernelMemoryTCP: undefined,
};

/** Tmpfs is made of the mounts for containers of earlier releases. */
export const givenHostConfigFields = [...Object.keys(hostConfigFields), "Tmpfs"];

/** Lists that Docker shows as null when they were not sent, and empty when they were sent so. */
const lists = ["Dns", "DnsOptions", "DnsSearch"];

/** What of a create body only inspect shows, so that all a client has sent comes back. */
export function givenFields(body: object): Pick<ContainerConfig, "given"> {
  const { HostConfig } = body as { HostConfig?: object | null };
  const config = pick(body, givenConfigFields);
  const isEmptyList = ([name, value]: [string, unknown]) =>
    lists.includes(name) && Array.isArray(value) && value.length === 0;
  const hostConfig = {
    ...pick(HostConfig ?? {}, givenHostConfigFields),
    ...Object.fromEntries(Object.entries(HostConfig ?? {}).filter(isEmptyList)),
  };
  const isEmpty = Object.keys(config).length + Object.keys(hostConfig).length === 0;
  return isEmpty ? {} : { given: { config, hostConfig } };
}

/** Empty values are what is shown without them. */
function pick(values: object, names: readonly string[]): Fields {
  const entries = Object.entries(values).filter(([name, value]) => names.includes(name) && !isEmpty(value));
  return Object.fromEntries(entries);
}

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  (Array.isArray(value) ? value.every((item) => !item) : typeof value === "object" && Object.keys(value).length === 0);

export const givenConfigJson = ({ given }: ContainerConfig): Fields => given?.config ?? {};

/** Links as they were sent: see linksJson(). */
export const givenHostConfigJson = ({ given }: ContainerConfig): Fields => ({
  ...hostConfigFields,
  ...given?.hostConfig,
});
