import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { directory, type Entry, file, symlink, tarOf } from "../../../lab/images/tar.ts";
import { EngineError } from "../../base/errors.ts";
import type { ArchiveSource } from "../../contracts/archive.ts";
import { fileAccess } from "../../kernel/files/file-access.ts";
import { RuntimeLab } from "../testing/lab.ts";

/** What no copy may reach; in no path and no name. */
const treasure = "the host's own";

/** A container whose root is a directory that the test, and whoever it starts, can write to. */
function world(lab: RuntimeLab, user = "") {
  const root = join(lab.directory, "root");
  const outside = join(lab.directory, "outside");
  for (const path of [join(root, "etc"), outside]) mkdirSync(path, { recursive: true });
  writeFileSync(join(outside, "secret"), treasure);
  const { container } = lab.plan({ user, rootfs: { kind: "directory", path: root } });
  const source: ArchiveSource = { container, running: false, volumes: {} };
  const put = (path: string, entries: readonly Entry[], options = {}) =>
    lab.runtime.archive.write(source, path, Readable.from([tarOf(entries)]), {
      ...{ noOverwriteDirNonDir: false, toUser: false },
      ...options,
    });
  const get = async (path: string) => (await buffer((await lab.runtime.archive.read(source, path)).archive)).toString();
  return { root, outside, source, put, get };
}

/** Exchanges a directory and a link that leads out, over and over, until it is disposed. */
async function swapper(root: string, outside: string): Promise<AsyncDisposable> {
  const program = `
    const fs = require("node:fs");
    process.chdir(process.argv[1]);
    fs.mkdirSync("a");
    fs.writeFileSync("a/secret", "inside");
    fs.symlinkSync(process.argv[2], "link");
    console.log("swapping");
    const step = (from, to) => {
      try {
        fs.renameSync(from, to);
      } catch {
        // A copy has made a directory there, and may be filling it.
        try { fs.rmSync(to, { recursive: true, force: true }); } catch {}
      }
    };
    for (;;) for (const pair of [["a", "kept"], ["link", "a"], ["a", "link"], ["kept", "a"]]) step(...pair);`;
  const child = spawn(process.execPath, ["-e", program, root, outside], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  await once(child.stdout, "data");
  return {
    async [Symbol.asyncDispose]() {
      assert.equal(child.exitCode, null, "the swapper has failed");
      child.kill("SIGKILL");
      await closed;
    },
  };
}

/** What may come of an operation on a path that is swapped: it works inside, or there is nothing there. */
async function insideOrNothing(operation: Promise<unknown>): Promise<unknown> {
  try {
    return await operation;
  } catch (error) {
    assert.ok(error instanceof EngineError && ["FILE_NOT_FOUND", "FILE_REFUSED"].includes(error.code), String(error));
    return undefined;
  }
}

for (const absolute of [true, false]) {
  test(`FILE-11 a link that is swapped in during a copy leads nowhere (${absolute ? "absolute" : "relative"})`, async () => {
    await using lab = new RuntimeLab();
    const { root, outside, put, get } = world(lab);
    await using _swapping = await swapper(root, absolute ? outside : "../outside");
    const seen: string[] = [];
    for (let round = 0; round < 6; round++) {
      const text = await insideOrNothing(get("/a/secret"));
      // Whatever the copies below have made of it meanwhile: a file, a link, a directory.
      seen.push(String(text), String(await insideOrNothing(get("/a/"))));
      await insideOrNothing(put("/a", [file("planted", "x"), directory("deep"), file("deep/secret", "x")]));
      await insideOrNothing(put("/", [file("a/secret/planted", "x"), file("a/secret", "inside")]));
    }
    assert.equal(seen.filter((text) => text.includes(treasure)).length, 0);
    assert.deepEqual([readdirSync(outside), readFileSync(join(outside, "secret"), "utf8")], [["secret"], treasure]);
  });
}

test("FILE-11 an archive's own links lead nowhere but in the container", async () => {
  await using lab = new RuntimeLab();
  const { root, outside, put } = world(lab);
  await insideOrNothing(put("/", [symlink("x", outside), file("x/planted", "x")]).catch(() => undefined));
  await put("/", [symlink("y", "../../../../etc"), file("y/planted", "x")]);
  assert.deepEqual([readdirSync(outside), existsSync(join(root, "etc/planted"))], [["secret"], true]);
  await assert.rejects(put("/", [file("../planted", "x")]), { code: "FILE_REFUSED" });
  await put("/", [file("/abs/planted", "x")]); // leading slashes are taken off
  assert.ok(existsSync(join(root, "abs/planted")));
});

test("archive keeps owners, modes, times, links and extended attributes", async () => {
  await using lab = new RuntimeLab();
  const { root, source, put } = world(lab);
  await put("/", [directory("d", { mode: 0o2750, owner: { uid: 5, gid: 6 } }), file("d/f", "text", { mode: 0o4711 })]);
  const { uid, gid, mode } = statSync(join(root, "d"));
  assert.deepEqual([uid, gid, mode & 0o7777, statSync(join(root, "d/f")).mode & 0o7777], [5, 6, 0o2750, 0o4711]);
  const fd = openSync(join(root, "d/f"), constants.O_RDONLY);
  fileAccess.setAttribute(fd, "user.note", Buffer.from("a\nb"));
  // VFS_CAP_REVISION_2 with CAP_NET_RAW permitted, include/uapi/linux/capability.h.
  const capability = Buffer.from("0100000200200000000000000000000000000000", "hex");
  fileAccess.setAttribute(fd, "security.capability", capability);
  closeSync(fd);
  const { archive } = await lab.runtime.archive.read(source, "/d");
  await lab.runtime.archive.write(source, "/etc", archive, { noOverwriteDirNonDir: false, toUser: false });
  const copy = join(root, "etc/d/f");
  assert.deepEqual(Buffer.from(fileAccess.attribute(copy, "user.note") ?? []), Buffer.from("a\nb"));
  assert.deepEqual(Buffer.from(fileAccess.attribute(copy, "security.capability") ?? []), capability);
  assert.equal(statSync(copy).mtimeMs, statSync(join(root, "d/f")).mtimeMs);
});

test("a device in the place of a container's user files is not opened to look its user up", async () => {
  await using lab = new RuntimeLab();
  const { root, put } = world(lab, "5:6");
  for (const name of ["passwd", "group"]) execFileSync("mknod", [join(root, "etc", name), "c", "1", "99"]);
  await put("/", [file("new", "text")], { toUser: true });
  const { uid, gid } = statSync(join(root, "new"));
  assert.deepEqual([uid, gid], [5, 6]);
});

test("an export has names that are no UTF-8", async () => {
  await using lab = new RuntimeLab();
  const { root, source } = world(lab);
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from("caf\xe9", "latin1")]), "text");
  const { archive } = await lab.runtime.archive.export(source);
  assert.ok((await buffer(archive)).toString("latin1").includes("caf\xe9\0"));
});

test("VOL-3 copy-up has owner, mode and attributes of the directory too, and resolves links within the image", async () => {
  await using lab = new RuntimeLab();
  const { root, put } = world(lab);
  await put("/", [
    directory("real", { mode: 0o1771, owner: { uid: 7, gid: 8 } }),
    file("real/f", "x", { owner: { uid: 9, gid: 9 } }),
    symlink("link", "/real"),
    symlink("out", "../outside"),
  ]);
  const into = join(lab.directory, "volume");
  const copyUp = (path: string) =>
    lab.runtime.archive.copyUp({ rootfs: { kind: "directory", path: root }, path }, into);
  mkdirSync(into);
  for (const path of ["/out", "/nothing", "/real/f"]) await copyUp(path);
  assert.deepEqual(readdirSync(into), []);
  await copyUp("/link");
  const { uid, gid, mode } = statSync(into);
  assert.deepEqual([uid, gid, mode & 0o7777, statSync(join(into, "f")).uid], [7, 8, 0o1771, 9]);
});

test("a worker leaves no mount, no process and no file behind, whatever becomes of it", async () => {
  await using lab = new RuntimeLab();
  const { source, put, get } = world(lab);
  const before = lab.traces();
  await put("/", [file("f", "x".repeat(100_000))]);
  await get("/f");
  const cut = await lab.runtime.archive.read(source, "/");
  cut.archive.destroy();
  await cut.closed;
  await assert.rejects(get("/nothing"), { code: "FILE_NOT_FOUND" });
  const broken = Readable.from([Buffer.from("this is no archive".repeat(100))]);
  const options = { noOverwriteDirNonDir: false, toUser: false };
  await assert.rejects(lab.runtime.archive.write(source, "/", broken, options), { message: /invalid tar header/ });
  assert.deepEqual(lab.traces(), before);
});

test("archive.write() tells that the files are open before it is done", async () => {
  await using lab = new RuntimeLab();
  const { source } = world(lab);
  const seen: string[] = [];
  const options = { noOverwriteDirNonDir: false, toUser: false, onOpen: async () => void seen.push("open") };
  await lab.runtime.archive.write(source, "/", Readable.from([tarOf([file("f", "x")])]), options);
  assert.deepEqual(seen, ["open"]);
});

test("FILE-5 who is still sending an archive that is refused hears why", async () => {
  await using lab = new RuntimeLab();
  const { source, put } = world(lab);
  await put("/", [file("f", "x")]);
  const socketPath = join(lab.directory, "http");
  const options = { noOverwriteDirNonDir: false, toUser: false };
  const server = createServer((incoming, response) => {
    lab.runtime.archive.write(source, "/f", incoming, options).then(
      () => response.end("taken"),
      (error: Error) => response.writeHead(400).end(error.message),
    );
  });
  await once(server.listen(socketPath), "listening");
  const sending = request({ socketPath, method: "PUT" });
  sending.end(tarOf([file("big", "x".repeat(8 * 1024 * 1024))]));
  const sent = once(sending, "finish");
  const [answer] = (await once(sending, "response")) as [IncomingMessage];
  assert.deepEqual([answer.statusCode, /not a directory/.test(await text(answer))], [400, true]);
  await sent;
  server.closeAllConnections();
  server.close();
});

test("FILE-5 an archive whose compression is damaged is refused", async () => {
  await using lab = new RuntimeLab();
  const { source } = world(lab);
  const whole = gzipSync(tarOf([file("f", randomBytes(4096).toString("hex"))]));
  const options = { noOverwriteDirNonDir: false, toUser: false };
  for (const bytes of [whole.subarray(0, 1000), Buffer.from(whole).fill(0xff, 100, 200)])
    await assert.rejects(lab.runtime.archive.write(source, "/", Readable.from([bytes]), options), {
      code: "FILE_REFUSED",
      message: /gzip/,
    });
});
