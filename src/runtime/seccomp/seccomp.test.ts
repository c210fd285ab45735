import assert from "node:assert/strict";
import { test } from "node:test";
import { capabilitiesOf } from "../spec/capabilities.ts";
import { defaultProfile } from "./default-profile.ts";
import { parseProfile } from "./parse-profile.ts";
import type { SeccompRule } from "./profile.ts";
import { seccompOf } from "./seccomp-of.ts";
import { type SeccompSubject, translate } from "./translate.ts";

/** Docker's fourteen. */
const plain: SeccompSubject = { capabilities: capabilitiesOf("a80425fb"), architecture: "x64", kernel: "6.1.0-18" };
const all = { ...plain, capabilities: capabilitiesOf("1ffffffffff") };

/** Rules of the translated default for one call: its action, and with it the conditions. */
function rulesFor(call: string, subject: SeccompSubject): (readonly unknown[])[] {
  const { syscalls } = translate(defaultProfile, subject) as { syscalls: SeccompRule[] };
  return syscalls
    .filter(({ names }) => names.includes(call))
    .map(({ action, args, errnoRet }) => [
      action.slice("SCMP_ACT_".length),
      ...((args ?? errnoRet) ? [args ?? errnoRet] : []),
    ]);
}

const allowed = [["ALLOW"]];
const refused: never[] = [];
const newNamespaces = [{ index: 0, value: 0x7e020000, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }];

const calls: readonly { call: string; subject?: SeccompSubject; rules: unknown }[] = [
  ...["openat2", "ptrace", "chroot", "seccomp", "arch_prctl", "mknod", "name_to_handle_at"].map((call) => ({
    call,
    rules: allowed,
  })),
  ...["add_key", "keyctl", "request_key", "mount", "unshare", "setns", "bpf", "perf_event_open", "io_uring_setup"].map(
    (call) => ({ call, rules: refused }),
  ),
  ...[
    "userfaultfd",
    "kexec_load",
    "init_module",
    "open_by_handle_at",
    "reboot",
    "swapon",
    "acct",
    "syslog",
    "mbind",
  ].map((call) => ({ call, rules: refused })),
  ...["add_key", "keyctl", "request_key", "userfaultfd", "kexec_load", "swapon", "pivot_root"].map((call) => ({
    ...{ call, subject: all, rules: refused },
  })),
  { call: "clone", rules: [["ALLOW", newNamespaces]] },
  { call: "clone3", rules: [["ERRNO", 38]] },
  { call: "clone", subject: all, rules: allowed },
  { call: "clone3", subject: all, rules: allowed },
  { call: "mount", subject: all, rules: allowed },
  { call: "init_module", subject: all, rules: allowed },
  { call: "ptrace", subject: { ...plain, kernel: "4.4.0-210" }, rules: refused },
  { call: "ptrace", subject: { ...plain, kernel: "4.19.0" }, rules: allowed },
  { call: "ptrace", subject: { ...all, kernel: "4.4.0" }, rules: allowed },
  { call: "arch_prctl", subject: { ...plain, architecture: "arm64" }, rules: refused },
  { call: "cacheflush", subject: { ...plain, architecture: "arm64" }, rules: allowed },
  { call: "chroot", subject: { ...plain, capabilities: [] }, rules: refused },
];

for (const { call, subject = plain, rules } of calls) {
  const who =
    subject === plain
      ? "by default"
      : `on ${subject.architecture}, ${subject.kernel}, ${subject.capabilities.length} capabilities`;
  test(`CONF-1 the default profile: ${call} ${who}`, () => assert.deepEqual(rulesFor(call, subject), rules));
}

test("CONF-1 the default profile allows sockets of every family but AF_ALG and AF_VSOCK, and five personalities", () => {
  const conditions = (call: string) =>
    rulesFor(call, plain).map(([, args]) =>
      (args as { op: string; value: number }[]).map(({ op, value }) => `${op.slice(9)} ${value}`),
    );
  assert.deepEqual(conditions("socket").flat(), ["LE 37", "EQ 39", "EQ 41", "EQ 42", "EQ 43", "EQ 44", "EQ 45"]);
  assert.deepEqual(conditions("personality").flat(), ["EQ 0", "EQ 8", "EQ 131072", "EQ 131080", "EQ 4294967295"]);
});

test("CONF-1 the default profile refuses with EPERM, for the machine's architectures", () => {
  const { defaultAction, defaultErrnoRet, architectures } = translate(defaultProfile, plain);
  assert.deepEqual([defaultAction, defaultErrnoRet], ["SCMP_ACT_ERRNO", 1]);
  assert.deepEqual(architectures, ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]);
  const arm = translate(defaultProfile, { ...plain, architecture: "arm64" });
  assert.deepEqual(arm["architectures"], ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]);
});

test("CONF-2 a profile in Docker's format keeps what its conditions leave", () => {
  const text = JSON.stringify({
    defaultAction: "SCMP_ACT_ALLOW",
    archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: null }],
    syscalls: [
      { name: "mkdir", action: "SCMP_ACT_ERRNO", errnoRet: 13, args: null },
      {
        names: ["chmod"],
        action: "SCMP_ACT_LOG",
        args: [{ index: 1, value: 7, valueTwo: 0, op: "SCMP_CMP_EQ" }],
        comment: "x",
      },
      { names: ["a"], action: "SCMP_ACT_ERRNO", includes: { caps: ["CAP_SYS_ADMIN"] } },
      { names: ["b"], action: "SCMP_ACT_ERRNO", excludes: { caps: ["CAP_CHOWN"] } },
      { names: ["c"], action: "SCMP_ACT_ERRNO", includes: { arches: ["arm64"] } },
      { names: ["d"], action: "SCMP_ACT_ERRNO", excludes: { minKernel: "5.0" } },
      {
        names: ["e"],
        action: "SCMP_ACT_ERRNO",
        includes: { caps: ["CAP_CHOWN"], arches: ["amd64"], minKernel: "6.1" },
      },
    ],
  });
  assert.deepEqual(translate(parseProfile(text), plain), {
    defaultAction: "SCMP_ACT_ALLOW",
    architectures: ["SCMP_ARCH_X86_64"],
    syscalls: [
      { names: ["mkdir"], action: "SCMP_ACT_ERRNO", errnoRet: 13 },
      { names: ["chmod"], action: "SCMP_ACT_LOG", args: [{ index: 1, value: 7, valueTwo: 0, op: "SCMP_CMP_EQ" }] },
      { names: ["e"], action: "SCMP_ACT_ERRNO" },
    ],
  });
});

const ill: readonly { name: string; text: string; says: RegExp }[] = [
  { name: "what is no JSON", text: "/etc/profile.json", says: /Decoding seccomp profile failed/ },
  { name: "an unknown action", text: '{"defaultAction":"SCMP_ACT_MAYBE"}', says: /defaultAction/ },
  { name: "no action", text: "{}", says: /defaultAction/ },
  {
    name: "a rule without a call",
    text: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_LOG"}]}',
    says: /names no system call/,
  },
  {
    name: "both ways to name calls",
    text: '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"name":"a","names":["b"],"action":"SCMP_ACT_LOG"}]}',
    says: /both 'name' and 'names'/,
  },
  {
    name: "both ways to name architectures",
    text: '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["a"],"archMap":[{"architecture":"b"}]}',
    says: /both 'architectures' and 'archMap'/,
  },
];

for (const { name, text, says } of ill) {
  test(`CONF-2 a seccomp profile with ${name} is refused`, () => {
    assert.throws(
      () => parseProfile(text),
      (error: Error & { code?: string }) => error.code === "INVALID" && says.test(error.message),
    );
  });
}

test("CONF-1 seccompOf() is the default for all but privileged and unconfined containers", () => {
  const none = undefined;
  assert.equal(seccompOf({ privileged: false }, true), defaultProfile);
  assert.equal(seccompOf({ privileged: false }, false), none);
  assert.equal(seccompOf({ privileged: true }, true), none);
  assert.equal(seccompOf({ privileged: true, confinement: { seccomp: "default" } }, true), defaultProfile);
  assert.equal(seccompOf({ privileged: false, confinement: { seccomp: "unconfined" } }, false), none);
  assert.throws(() => seccompOf({ privileged: false, confinement: { seccomp: "{}" } }, false), {
    code: "NOT_SUPPORTED",
  });
});
