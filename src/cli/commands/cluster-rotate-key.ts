import { command } from "../command/command.ts";

export const clusterRotateKey = command({
  name: "cluster rotate-key",
  summary: "Give this host's tunnel of encrypted networks a new key",
  examples: ["cluster rotate-key"],
  async run({ client, out }) {
    const { publicKey } = await client.cluster.rotateKey();
    out.line(publicKey);
  },
});
