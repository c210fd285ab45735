import assert from "node:assert/strict";
import { test } from "node:test";
import { type ContainerState, never, type RestartPolicy } from "../../../model/container.ts";
import { config } from "../fakes.ts";
import { nextDelayMs, remainingMs, restartsAfter, startsWithDaemon } from "./policy.ts";

const state: ContainerState = {
  ...{ status: "exited", pid: 0, exitCode: 0, error: "", stoppedByUser: false },
  ...{ startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:01:00Z" },
};

const cases: {
  policy: RestartPolicy["name"];
  max?: number;
  over?: Partial<ContainerState>;
  /** After an end, and at the daemon's start. */
  restarts: readonly [boolean, boolean];
}[] = [
  { policy: "no", restarts: [false, false] },
  { policy: "always", restarts: [true, true] },
  { policy: "always", over: { stoppedByUser: true }, restarts: [false, true] },
  { policy: "always", over: { startedAt: never, status: "created" }, restarts: [true, false] },
  { policy: "unless-stopped", restarts: [true, true] },
  { policy: "unless-stopped", over: { stoppedByUser: true }, restarts: [false, false] },
  { policy: "on-failure", restarts: [false, false] },
  { policy: "on-failure", over: { exitCode: 1 }, restarts: [true, true] },
  { policy: "on-failure", over: { exitCode: 143, stoppedByUser: true }, restarts: [false, false] },
  { policy: "on-failure", max: 2, over: { exitCode: 1, restartCount: 1 }, restarts: [true, true] },
  { policy: "on-failure", max: 2, over: { exitCode: 1, restartCount: 2 }, restarts: [false, false] },
];

for (const { policy, max = 0, over = {}, restarts } of cases) {
  test(`LIFE-1 restart policy ${policy}${max ? `:${max}` : ""} with ${JSON.stringify(over)}: ${restarts}`, () => {
    const container = {
      config: { ...config, restartPolicy: { name: policy, maximumRetryCount: max } },
      state: { ...state, ...over },
    };
    assert.deepEqual([restartsAfter(container, container.state.exitCode), startsWithDaemon(container)], restarts);
  });
}

test("LIFE-2 nextDelayMs() doubles from 100 ms to a minute, and begins again after a run of ten seconds", () => {
  const delays: number[] = [];
  let now = state;
  for (let run = 0; run < 12; run++) {
    now = { ...now, restartDelayMs: nextDelayMs(now, 9_999) };
    delays.push(now.restartDelayMs ?? 0);
  }
  assert.deepEqual(delays, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]);
  assert.equal(nextDelayMs(now, 10_000), 100);
});

test("remainingMs() counts from the end of the run, and a clock that was set back does not make it longer", () => {
  const waiting = { ...state, restartDelayMs: 1000 };
  const end = Date.parse(state.finishedAt);
  assert.deepEqual(
    [end, end + 400, end + 5000, end - 99_000].map((now) => remainingMs(waiting, now)),
    [1000, 600, 0, 1000],
  );
});
