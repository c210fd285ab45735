// Commits as fast as it can until it is killed, with either durability in turn; prints each round once commit() has returned.
import { writeSync } from "node:fs";
import { openStore } from "../sqlite.ts";

const [path = "", first = "1"] = process.argv.slice(2);
const store = openStore(path);
for (let round = Number(first); ; round += 1) {
  store.commit(
    [
      { put: "network", id: "latest", value: round },
      { put: "container", id: "latest", value: round },
      { put: "endpoint", id: String(round), value: { round } },
    ],
    round % 2 === 0 ? "process" : "disk",
  );
  writeSync(1, `${round}\n`);
}
