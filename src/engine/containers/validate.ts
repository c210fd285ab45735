import { EngineError, invalid } from "../../base/errors.ts";
import { parseIp } from "../../base/ip.ts";
import type { ContainerConfig } from "../../model/container.ts";
import type { PortRequest } from "../../model/port.ts";
import type { ContainerRequest } from "../engine.ts";
import { parseExtraHost } from "../files/extra-hosts.ts";

/** Docker's rule for container names (RestrictedNamePattern of moby), with a length that still fits a DNS name. */
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const nameLimit = 200;

/** Refuses what can be refused without looking at anything else; returns what the user should know. */
export function validate({ config, endpoints }: ContainerRequest): string[] {
  validateNaming(config);
  config.publish.forEach(validatePort);
  refuseConflicts(config, endpoints);
  const ignored = config.publish.length > 0 || config.publishAll;
  if (config.networkMode.kind === "host" && ignored) {
    return ["Published ports are discarded when using host network mode"];
  }
  return config.networkMode.kind === "none" && ignored ? ["Published ports are discarded without a network"] : [];
}

export function validateName(name: string): void {
  if (name.length <= nameLimit && namePattern.test(name)) return;
  const shown = name.length > nameLimit ? `${name.slice(0, 40)}...` : name;
  throw invalid(
    "container name",
    `(${shown}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, 2 to ${nameLimit} characters`,
  );
}

/** Name servers, search domains and hosts, so that a start does not fail on what create could have told. */
function validateNaming({ dns, dnsSearch, dnsOptions, extraHosts }: ContainerConfig): void {
  for (const server of dns) if (!parseIp(server)) throw invalid("Dns", `"${server}" is no IPv4 or IPv6 address`);
  for (const domain of dnsSearch) {
    if (domain !== "." && !isDomain(domain)) throw invalid("DnsSearch", `"${domain}" is no DNS domain; "." means none`);
  }
  for (const option of dnsOptions) {
    if (!/^[^\s#;]+$/.test(option)) throw invalid("DnsOptions", `"${option}" is no option of resolv.conf(5)`);
  }
  for (const host of extraHosts) parseExtraHost(host);
}

/** RFC 1035, section 2.3.4, any characters but blanks. */
function isDomain(text: string): boolean {
  const labels = text.replace(/\.$/, "").split(".");
  const fits = labels.every((label) => label !== "" && Buffer.byteLength(label) <= 63);
  return fits && Buffer.byteLength(text) <= 254 && !/[\s#;]/.test(text);
}

/** A port to publish, as the API's parser or `port add` gives it. */
export function validatePort({ protocol, containerPort, hostIp, hostPort, hostPortEnd }: PortRequest): void {
  const isPort = (port: number, from: number) => Number.isInteger(port) && port >= from && port <= 65535;
  if (!["tcp", "udp", "sctp"].includes(protocol))
    throw invalid("port", `protocol "${protocol}" is not tcp, udp or sctp`);
  if (!isPort(containerPort, 1)) throw invalid("port", `container port ${containerPort} is not in 1-65535`);
  if (!isPort(hostPort, 0) || !isPort(hostPortEnd, hostPort)) {
    throw invalid("port", `host port range ${hostPort}-${hostPortEnd} is not in 0-65535, in ascending order`);
  }
  if (hostIp !== "" && !parseIp(hostIp)) throw invalid("port", `"${hostIp}" is no IPv4 or IPv6 address`);
}

/** What cannot go together (Docker Engine API, runconfig): [condition, what conflicts with the network mode]. */
function refuseConflicts(config: ContainerConfig, endpoints: ContainerRequest["endpoints"]): void {
  const { kind } = config.networkMode;
  const others = endpoints.map(({ network }) => network).filter((network) => network !== kind);
  const conflicts: [boolean, string][] = [];
  if (kind === "container") {
    conflicts.push(
      [config.publish.length > 0 || config.publishAll, "port publishing"],
      [config.exposed.length > 0, "port exposing"],
      [config.dns.length + config.dnsSearch.length + config.dnsOptions.length > 0, "dns"],
      [config.extraHosts.length > 0, "custom host-to-IP mapping"],
      [config.hostname !== "" || config.domainname !== "", "hostname"],
    );
  }
  if (config.namespaces?.uts === "host" && config.hostname !== "") {
    throw conflict("hostname and the UTS mode");
  }
  if (kind !== "networks") conflicts.push([others.length > 0, `network ${others.join(", ")}`]);
  if (kind === "host" || kind === "container") {
    // The namespace is not the container's own: such a change would reach everybody who lives in it.
    const [key] = Object.keys(config.sysctls).filter((name) => name.startsWith("net.") || name.startsWith("net/"));
    conflicts.push([key !== undefined, `sysctl ${key}`]);
  }
  for (const [applies, what] of conflicts) {
    if (applies) throw conflict(`${what} and the network mode ${kind}`);
  }
}

const conflict = (what: string) => new EngineError("REFUSED", { why: `conflicting options: ${what}` });
