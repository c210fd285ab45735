import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ApiParts } from "../parts.ts";
import { type Route, reply, route } from "../route.ts";
import { clusterCollectors } from "./cluster-metrics.ts";
import { collectContainers, containerMetrics } from "./container-metrics.ts";

/** Numbers of the daemon, collected when somebody asks; only durations and events are counted as they happen. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #parts: ApiParts;
  readonly #durations: Histogram;
  readonly #subscription: Disposable;
  readonly #collectors: readonly (() => void | Promise<void>)[];

  constructor(parts: ApiParts) {
    this.#parts = parts;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#durations = new Histogram({
      name: "fairlead_action_duration_seconds",
      help: "Time that an API action took",
      labelNames: ["action", "outcome"],
      buckets: [0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16],
      registers,
    });
    const events = new Counter({
      name: "fairlead_events_total",
      help: "Events by type and action",
      labelNames: ["type", "action"],
      registers,
    });
    this.#subscription = parts.engine.subscribe(({ type, action }) =>
      events.inc({ type, action: action.split(":")[0] ?? "" }),
    );
    const network = containerMetrics(registers);
    this.#collectors = [
      () => collectContainers(parts, network),
      stateCollector(parts, registers),
      addressCollector(parts, registers),
      dnsCollector(parts, registers),
      reconcileCollector(parts, registers),
      ...clusterCollectors(parts, registers),
    ];
  }

  observe(action: string, seconds: number, outcome: string): void {
    this.#durations.observe({ action, outcome }, seconds);
  }

  /** The page in Prometheus' text format. */
  async page(): Promise<string> {
    for (const collect of this.#collectors) {
      try {
        await collect();
      } catch (error) {
        // One source that fails must not hide the others.
        this.#parts.log.warn({ err: error }, "a metric could not be collected");
      }
    }
    // Lags of the event loop are those between two pages: two in a row have none, which prom-client spells in its own way.
    return (await this.#registry.metrics()).replaceAll(/ Nan$/gm, " NaN");
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  close(): void {
    this.#subscription[Symbol.dispose]();
  }
}

/** GET /metrics. */
export function metricsRoutes(metrics: Metrics): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/metrics",
      summary: "Metrics in the text format of Prometheus",
      handle: async () => reply(200, await metrics.page(), { "Content-Type": metrics.contentType }),
    }),
  ];
}

function stateCollector({ engine }: ApiParts, registers: Registry[]) {
  const containers = new Gauge({
    name: "fairlead_containers",
    help: "Containers by status",
    labelNames: ["status"],
    registers,
  });
  const networks = new Gauge({ name: "fairlead_networks", help: "Networks", registers });
  const endpoints = new Gauge({ name: "fairlead_endpoints", help: "Endpoints", registers });
  return () => {
    const counts = engine.counts();
    for (const status of ["created", "running", "paused", "exited"] as const)
      containers.set({ status }, counts[status]);
    networks.set(counts.networks);
    endpoints.set(counts.endpoints);
  };
}

function addressCollector({ engine }: ApiParts, registers: Registry[]) {
  const labelNames = ["network", "subnet", "state"] as const;
  const addresses = new Gauge({
    name: "fairlead_ipam_addresses",
    help: "Addresses in use and free",
    labelNames,
    registers,
  });
  return () => {
    addresses.reset();
    for (const { network, usage } of engine.networks.list({})) {
      for (const { subnet, inUse, available } of usage) {
        addresses.set({ network: network.name, subnet, state: "used" }, Number(inUse));
        addresses.set({ network: network.name, subnet, state: "free" }, Number(available));
      }
    }
  };
}

function dnsCollector({ telemetry }: ApiParts, registers: Registry[]) {
  const responses = new Counter({
    name: "fairlead_dns_responses_total",
    help: "Answers of the embedded DNS",
    labelNames: ["source", "rcode"],
    registers,
  });
  return async () => {
    const statistics = await telemetry.dns();
    responses.reset();
    for (const { source, rcode, count } of statistics) responses.inc({ source, rcode }, count);
  };
}

function reconcileCollector({ telemetry }: ApiParts, registers: Registry[]) {
  const runs = new Counter({
    name: "fairlead_reconcile_runs_total",
    help: "Comparisons of kernel and store",
    registers,
  });
  const drift = new Counter({
    name: "fairlead_reconcile_drift_total",
    help: "Differences found, by problem",
    labelNames: ["problem"],
    registers,
  });
  return () => {
    const found = telemetry.reconcile();
    runs.reset();
    runs.inc(found.runs);
    drift.reset();
    for (const [problem, count] of Object.entries(found.differences)) drift.inc({ problem }, count);
  };
}
