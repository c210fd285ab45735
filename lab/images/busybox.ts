import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { directory, type Entry, file, symlink } from "./tar.ts";

const program = "/bin/busybox";

/** A root file system of one program, Debian's busybox-static, with the users root (0), user (1000) and nobody. */
export function busyboxRoot(): Entry[] {
  const applets = execFileSync(program, ["--list"], { encoding: "utf8" }).trim().split("\n");
  const user = { uid: 1000, gid: 1000 };
  return [
    ...["bin", "dev", "etc", "home", "proc", "sys", "var"].map((path) => directory(path)),
    directory("home/user", { owner: user }),
    directory("root", { mode: 0o700 }),
    directory("tmp", { mode: 0o1777 }),
    file("bin/busybox", readFileSync(program), { mode: 0o755 }),
    ...applets.filter((name) => name !== "busybox").map((name) => symlink(`bin/${name}`, "busybox")),
    file("etc/passwd", ["root:x:0:0::/root:/bin/sh", "user:x:1000:1000::/home/user:/bin/sh", nobody].join("\n")),
    file("etc/group", "root:x:0:\nuser:x:1000:\nstaff:x:50:user\nnogroup:x:65534:\n"),
  ];
}

const nobody = "nobody:x:65534:65534::/:/bin/false\n";
