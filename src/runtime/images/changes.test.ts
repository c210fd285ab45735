import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyRuntimeConfig, type ImageRuntimeConfig } from "../../model/image.ts";
import { applyChanges } from "./changes.ts";

const cases: readonly [changes: string[], changed: Partial<ImageRuntimeConfig>][] = [
  [['CMD ["a", "b c"]'], { command: ["a", "b c"] }],
  [["cmd echo hi"], { command: ["/bin/sh", "-c", "echo hi"] }],
  [['ENTRYPOINT ["/x"]'], { entrypoint: ["/x"] }],
  [['ENV A=1 B=\'2 3\' C="4\\" 5"', "ENV A all of it"], { env: ["A=all of it", "B=2 3", 'C=4" 5'] }],
  [["ENV P=/bin", `ENV P=/x:$P Q="\${P}" R='$P' S=\\$P`], { env: ["P=/x:/bin", "Q=/bin", "R=$P", "S=$P"] }],
  [["ENV A=1", `ENV B=\${A:+set}\${C:-unset}$C`, "ENV C $A 2"], { env: ["A=1", "B=setunset", "C=1 2"] }],
  [
    ["ENV D=/data", "VOLUME $D/a", `WORKDIR \${D}`, `USER \${U:-7}`],
    { env: ["D=/data"], volumes: ["/data/a"], workingDir: "/data", user: "7" },
  ],
  [["ENV P=/a", 'VOLUME ["$P/b", "/c d"]'], { env: ["P=/a"], volumes: ["/a/b", "/c d"] }],
  [[`ENV A=\${X:-b c} D=1 E=\${Y:-$A}`], { env: ["A=b c", "D=1", "E="] }],
  [["ENV P=/a", 'CMD ["$P"]', "ONBUILD RUN $P"], { env: ["P=/a"], command: ["$P"], onBuild: ["RUN $P"] }],
  [["EXPOSE 80 53/udp 80"], { exposed: ["80/tcp", "53/udp"] }],
  [["LABEL a=b c.d='e f'"], { labels: { a: "b", "c.d": "e f" } }],
  [['VOLUME ["/a"]', "VOLUME /b /c"], { volumes: ["/a", "/b", "/c"] }],
  [["WORKDIR /a", "WORKDIR b"], { workingDir: "/a/b" }],
  [["USER 7:8\nSTOPSIGNAL SIGINT"], { user: "7:8", stopSignal: "SIGINT" }],
];

for (const [changes, changed] of cases) {
  test(`IMG-29 applyChanges() understands ${JSON.stringify(changes)}`, () => {
    assert.deepEqual(applyChanges(emptyRuntimeConfig, changes), { ...emptyRuntimeConfig, ...changed });
  });
}

test("applyChanges() reads health checks with their options", () => {
  const { healthcheck } = applyChanges(emptyRuntimeConfig, ["HEALTHCHECK --interval=1m30s --retries=2 CMD test -e /x"]);
  assert.deepEqual(
    [healthcheck?.intervalNs, healthcheck?.retries, healthcheck?.test],
    [90e9, 2, ["CMD-SHELL", "test -e /x"]],
  );
  assert.deepEqual(applyChanges(emptyRuntimeConfig, ["HEALTHCHECK NONE"]).healthcheck?.test, ["NONE"]);
});

for (const change of [
  "FROM x",
  "RUN x",
  "ENV",
  "ENV =1",
  `USER \${1-x}`,
  `ENV A=\${X:-\${P}}`,
  "HEALTHCHECK --odd=1 CMD x",
  "HEALTHCHECK --interval=5 CMD x",
  "HEALTHCHECK --retries=x CMD x",
  "HEALTHCHECK --retries=-1 CMD x",
]) {
  test(`IMG-29 applyChanges() refuses ${JSON.stringify(change)}`, () => {
    assert.throws(() => applyChanges(emptyRuntimeConfig, [change]), { code: "INVALID" });
  });
}
