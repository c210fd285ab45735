import { test } from "node:test";
import { ClusterLab } from "./cluster-lab.ts";

test("proto", async () => {
  const t = performance.now();
  const at = (s: string) => console.log(Math.round(performance.now() - t), s);
  await using lab = await ClusterLab.create({ hosts: 3, store: "etcd", onStep: at });
  at("made");
  console.log((await lab.host(1).exec(["ping", "-c1", "-W2", "10.99.0.2"])).stdout);
  console.log((await lab.host(1).exec(["ping", "-c1", "-W2", "fd99::2"])).stdout);
  console.log((await lab.host(1).exec(["curl", "-s", "http://10.98.0.254:2379/health"])).stdout);
  console.log(await lab.host(1).fairlead("network", "ls"));
  console.log(await lab.host(1).run("hostname"));
  await lab.store.compact();
  await lab.host(2).stopDaemon();
  console.log(lab.host(2).daemon.state);
  await lab.host(2).killDaemon();
  console.log(lab.host(2).daemon.state);
  await lab.cut("host1", "host2", { loss: 30 });
  await lab.cut("host1", "store");
  await lab.cut("host3", "underlay");
  console.log(await lab.faults());
  await lab.mend();
  console.log(await lab.faults());
  at("end");
});
