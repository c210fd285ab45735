import { fileURLToPath } from "node:url";
import type { RemoteAddress } from "../src/contracts/forwarding.ts";
import { type Row, ratio, timed } from "./row.ts";
import { inThrowAwayHost } from "./throw-away.ts";
import { milliseconds, netlinkFloor, TunnelDevice } from "./tunnel-device.ts";

const count = 100_000;
const rounds = 5;

/**
 * The addresses of remote endpoints into a VXLAN device, by Forwarding and by the floor: the same messages, written
 * beforehand, sent and acknowledged by the chunk and nothing else. In turn, each on a device without entries.
 */
export const measureForwarding = (): Promise<Row[]> => inThrowAwayHost(fileURLToPath(import.meta.url));

const hex = (value: number) => (value & 255).toString(16).padStart(2, "0");
/** Hosts of 100 endpoints each, as large clusters have them. */
const endpoints: readonly RemoteAddress[] = Array.from({ length: count }, (_, index) => ({
  address: `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
  mac: `02:42:${hex(index >> 24)}:${hex(index >> 16)}:${hex(index >> 8)}:${hex(index)}`,
  vtep: `198.18.${Math.floor(index / 100) >> 8}.${Math.floor(index / 100) & 255}`,
}));

function measure({ kernel: { forwarding }, name }: TunnelDevice): Omit<Times, "floor"> {
  return {
    put: milliseconds(() => forwarding.put(name, endpoints)),
    again: milliseconds(() => forwarding.put(name, endpoints)),
    same: milliseconds(() => forwarding.reconcile(name, endpoints)),
    host: milliseconds(() => forwarding.drop(name, endpoints.slice(0, 100))),
  };
}

interface Times {
  readonly floor: number;
  readonly put: number;
  readonly again: number;
  readonly same: number;
  readonly host: number;
}

function rowsOf(times: readonly Times[]): Row[] {
  const many = count.toLocaleString("en");
  const of = (what: keyof Times) => times.map((one) => one[what]);
  return [
    timed(`program ${many} remote addresses, netlink floor`, of("floor")),
    timed(`program ${many} remote addresses`, of("put")),
    ratio(`program ${many} remote addresses : floor`, of("put"), of("floor"), 2),
    timed(`program ${many} that are there`, of("again")),
    timed(`compare ${many} with the kernel`, of("same")),
    timed("forget a host of 100 addresses", of("host"), { atMost: 50 }),
  ];
}

if (import.meta.main) {
  const device = new TunnelDevice();
  const times: Times[] = [];
  for (let round = 0; round < rounds; round++) {
    await device.renew();
    const lowest = netlinkFloor(endpoints);
    await device.renew();
    times.push({ floor: lowest, ...measure(device) });
  }
  await device[Symbol.asyncDispose]();
  process.stdout.write(JSON.stringify(rowsOf(times)));
}
