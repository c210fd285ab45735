import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathInRoot } from "./path-in-root.ts";
import { lookUpUser, readUserFiles } from "./process-user.ts";

const files = {
  passwd: "root:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:33:44::/:/bin/false\n1000:x:7:7::/:\nfoo:x:1000:100::/:\n",
  group: "root:x:0:\nwww:x:44:\nlog:x:4:root,web\nextra:x:5:web\n# x\n1000:x:8:\n",
};

const cases = [
  { text: "", user: { uid: 0, gid: 0, additionalGids: [0, 4] } },
  { text: "web", user: { uid: 33, gid: 44, additionalGids: [44, 4, 5] } },
  { text: "33", user: { uid: 33, gid: 44, additionalGids: [44, 4, 5] } },
  { text: "web:log", user: { uid: 33, gid: 4, additionalGids: [4] } },
  { text: "12345", user: { uid: 12345, gid: 0, additionalGids: [0] } },
  { text: "12345:678", user: { uid: 12345, gid: 678, additionalGids: [678] } },
  { text: ":log", user: { uid: 0, gid: 4, additionalGids: [4] } },
  { text: "1000:1000", user: { uid: 7, gid: 8, additionalGids: [8] } }, // a name of digits wins over the number
];

for (const { text, user } of cases) {
  test(`lookUpUser() takes "${text}" for ${JSON.stringify(user)}`, () => {
    assert.deepEqual(lookUpUser(text, files), user);
  });
}

const refused = [
  { text: "nobody", message: "unable to find user nobody: no matching entries in passwd file" },
  { text: "web:nobody", message: "unable to find group nobody: no matching entries in group file" },
  { text: "-1", message: "Invalid user: -1: uids and gids must be in range 0-2147483647" },
  { text: "4294967296", message: "Invalid user: 4294967296: uids and gids must be in range 0-2147483647" },
  { text: "web:99999999999", message: "Invalid user: 99999999999: uids and gids must be in range 0-2147483647" },
];

for (const { text, message } of refused) {
  test(`lookUpUser() refuses "${text}"`, () => {
    assert.throws(() => lookUpUser(text, files), { message });
  });
}

test("lookUpUser() needs no files for numbers", () => {
  const none = { passwd: "", group: "" };
  assert.deepEqual(lookUpUser("5:6", none), { uid: 5, gid: 6, additionalGids: [6] });
  assert.deepEqual(lookUpUser("", none), { uid: 0, gid: 0, additionalGids: [0] });
});

test("readUserFiles() and pathInRoot() follow links as the container would, never out of its root", () => {
  const root = mkdtempSync(join(tmpdir(), "fairlead-root-"));
  try {
    mkdirSync(join(root, "usr/etc"), { recursive: true });
    writeFileSync(join(root, "usr/etc/passwd"), "inner:x:1:2::/:\n");
    symlinkSync("/usr/etc", join(root, "etc"));
    symlinkSync("../../../../../../../../etc/group", join(root, "usr/etc/group"));
    symlinkSync("loop", join(root, "loop"));
    assert.equal(pathInRoot(root, "/etc/passwd"), join(root, "usr/etc/passwd"));
    assert.equal(pathInRoot(root, "/../../x/./y"), join(root, "x/y"));
    assert.throws(() => pathInRoot(root, "/loop"), /too many symbolic links/);
    rmSync(join(root, "usr/etc/group"));
    assert.deepEqual(readUserFiles(root), { passwd: "inner:x:1:2::/:\n", group: "" });
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("readUserFiles() opens nothing but regular files: a device might never come to an end", async () => {
  const root = mkdtempSync(join(tmpdir(), "fairlead-root-"));
  const server = createServer(); // a socket, like a device without a driver, refuses whoever opens it
  try {
    mkdirSync(join(root, "etc/group"), { recursive: true });
    await once(server.listen(join(root, "etc/passwd")), "listening");
    assert.deepEqual(readUserFiles(root), { passwd: "", group: "" });
    assert.deepEqual(readUserFiles(join(root, "etc/passwd")), { passwd: "", group: "" });
  } finally {
    server.close();
    rmSync(root, { recursive: true });
  }
});

test("readUserFiles() takes files of up to 1 MiB and refuses larger ones", () => {
  const root = mkdtempSync(join(tmpdir(), "fairlead-root-"));
  try {
    mkdirSync(join(root, "etc"));
    writeFileSync(join(root, "etc/group"), "\n".repeat(1 << 20));
    assert.equal(readUserFiles(root).group.length, 1 << 20);
    writeFileSync(join(root, "etc/passwd"), "\n".repeat((1 << 20) + 1));
    assert.throws(() => readUserFiles(root), { code: "INVALID", message: /^Invalid \/etc\/passwd: .*1048576/ });
  } finally {
    rmSync(root, { recursive: true });
  }
});
