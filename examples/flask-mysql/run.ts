// A guest book that keeps its data in MariaDB. Every line that starts with "$" can be typed by hand: see README.md.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Example } from "../example.ts";
import { drawTopology } from "../topology.ts";

const page = "http://localhost:5000/";
const root = mkdtempSync(join(tmpdir(), "fairlead-example-"));
await using example = await Example.start(root);
example.undo(() => rmSync(root, { recursive: true, force: true }));
const here = join(example.checkout, "examples/flask-mysql");

await example.untilAsked(tell());

async function tell(): Promise<void> {
  await example.fairlead("network", "create", "guestbook");
  await example.fairlead(
    ...["run", "-d", "--name", "mysql_container", "--network", "guestbook", "--rootfs", "host", `${here}/database.sh`],
  );
  await example.logged("mysql_container", /ready for connections/);
  await example.fairlead(
    ...["run", "-d", "--name", "flask", "--network", "guestbook", "-p", "5000:5000", "--rootfs", "host"],
    ...["python3", `${here}/app.py`],
  );
  await example.logged("flask", /Running on/);
  console.log(`\n${await drawTopology(example, "guestbook")}\n`);

  for (const name of ["Ada", "Grace"]) {
    console.log(`$ curl -X POST -H 'Content-Type: application/json' -d '{"name":"${name}"}' ${page}`);
    await show(
      await fetch(page, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name }),
      }),
    );
  }
  console.log(`$ curl ${page}`);
  const seen = await show(await fetch(page));
  if (!seen.includes("Ada") || !seen.includes("Grace"))
    throw new Error(`the guest book should know Ada and Grace: ${seen}`);
  await example.fairlead("stop", "mysql_container");
  await example.fairlead("start", "mysql_container");
  await example.logged("mysql_container", /ready for connections[\s\S]*ready for connections/);
  console.log(`$ curl ${page}   (after a restart of the database: same name, same address, same data)`);
  await show(await fetch(page));
}

async function show(response: Response): Promise<string> {
  const text = (await response.text()).trim();
  console.log(text);
  if (!response.ok) throw new Error(`the application answered ${response.status}`);
  return text;
}
