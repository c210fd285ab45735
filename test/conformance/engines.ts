import { Dockerd, lacksDockerd as lacksOne } from "../../lab/dockerd.ts";
import type { Host } from "../../lab/host.ts";
import { connectedHost, importImage, type Subject, setNameServer } from "./subject.ts";

const lacks = lacksOne();
/** Why there is no Docker daemon to compare with; false when there is one. */
export const lacksDockerd: string | false = lacks && `${lacks}; Fairlead is judged by the expectations alone`;

/** Fairlead on a host of its own, with the image. */
export async function fairlead(flags: readonly string[]): Promise<Subject> {
  const host = await connectedHost("fairlead");
  await setNameServer({ host });
  // Kernels with br_netfilter built in show bridged packets to the firewall; others do so only where it is loaded.
  await host.run("sh", "-c", "for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $f ] || echo 0 > $f; done");
  await host.startDaemon(...flags);
  return ready("Fairlead", host);
}

/** Debian's dockerd on a host of its own, with the image. */
export async function dockerd(flags: readonly string[]): Promise<Subject> {
  const host = await connectedHost("dockerd");
  await Dockerd.start(host, ...flags);
  await setNameServer({ host }); // after it has got an /etc of its own
  return ready("dockerd", host);
}

async function ready(name: string, host: Host): Promise<Subject> {
  const subject = { name, host, socket: host.pathOf(host.socket) };
  const { status, text } = await importImage(subject);
  if (status !== 200) throw new Error(`${name} does not import the image: ${status} ${text}`);
  return { ...subject, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}
