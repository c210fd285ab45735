import { Counter, type Registry } from "prom-client";
import type { LinkCounters } from "../../contracts/kernel.ts";
import type { ContainerView } from "../../engine/engine.ts";
import { imageName } from "../docker/containers/inspect-json.ts";
import type { ApiParts } from "../parts.ts";

/** cAdvisor's names and labels, so that existing dashboards work; network and endpoint are ours. */
const labelNames = ["id", "name", "image", "interface", "network", "endpoint"] as const;

const metrics: readonly { readonly name: string; readonly help: string; readonly counter: keyof LinkCounters }[] = [
  { name: "receive_bytes_total", help: "Bytes received", counter: "rxBytes" },
  { name: "receive_packets_total", help: "Packets received", counter: "rxPackets" },
  { name: "receive_packets_dropped_total", help: "Packets dropped while receiving", counter: "rxDropped" },
  { name: "receive_errors_total", help: "Errors while receiving", counter: "rxErrors" },
  { name: "transmit_bytes_total", help: "Bytes sent", counter: "txBytes" },
  { name: "transmit_packets_total", help: "Packets sent", counter: "txPackets" },
  { name: "transmit_packets_dropped_total", help: "Packets dropped while sending", counter: "txDropped" },
  { name: "transmit_errors_total", help: "Errors while sending", counter: "txErrors" },
];

type ContainerMetrics = readonly { readonly counter: keyof LinkCounters; readonly metric: Counter }[];

/** The counters, empty. */
export function containerMetrics(registers: Registry[]): ContainerMetrics {
  return metrics.map(({ name, help, counter }) => ({
    counter,
    metric: new Counter({ name: `container_network_${name}`, help, labelNames, registers }),
  }));
}

/** Reads the interfaces of every running container anew: the kernel counts, and forgets with the interface. */
export function collectContainers({ engine, telemetry }: ApiParts, all: ContainerMetrics): void {
  for (const { metric } of all) metric.reset();
  for (const view of engine.containers.list({ all: false, filters: {} })) {
    for (const { labels, counters } of interfaces(view, telemetry)) {
      for (const { counter, metric } of all) metric.inc(labels, counters[counter]);
    }
  }
}

function interfaces({ container, endpoints }: ContainerView, telemetry: ApiParts["telemetry"]) {
  const { sandboxId, config } = container;
  // A joined container counts nothing of its own: its creator does.
  if (!sandboxId || config.networkMode.kind === "container") return [];
  return endpoints.flatMap(({ endpoint, network }) => {
    const counters = endpoint.ifName ? telemetry.counters(sandboxId, endpoint.ifName) : undefined;
    if (!counters) return [];
    const labels = {
      id: container.id,
      name: container.name,
      image: imageName(config),
      interface: endpoint.ifName ?? "",
      network: network.name,
      endpoint: endpoint.id.slice(0, 12),
    };
    return [{ labels, counters }];
  });
}
