import assert from "node:assert/strict";
import { test } from "node:test";
import type { Usage } from "../../../../contracts/limits.ts";
import { testApi } from "../../../testing/api.ts";

const root = { Fairlead: { Rootfs: "host" }, Cmd: ["true"] };

/** What a container uses that took `seconds` of one of two processors. */
const usedAt = (seconds: number): Usage => ({
  cpu: {
    ...{ totalNs: seconds * 1e9, userNs: seconds * 1e9, systemNs: 0, perCpuNs: [seconds * 1e9, 0] },
    ...{ periods: 4, throttledPeriods: 2, throttledNs: 7, machineNs: seconds * 2e9, onlineCpus: 2 },
  },
  memory: { usage: 50, limit: 200, stat: { total_inactive_file: 20 } },
  pids: { current: 3, limit: 9 },
  blkio: { bytes: [{ major: 8, minor: 0, op: "read", value: 4096 }], operations: [] },
});

test("LIMIT-7 GET /containers/{id}/stats of one that runs, at once and after a second reading", async () => {
  await using api = testApi();
  const { body } = await api.ask("POST", "/containers/create?name=web", root);
  await api.ask("POST", "/containers/web/start");
  let seconds = 0;
  Object.defineProperty(api.engine.limits, "used", { get: () => usedAt(++seconds) });
  const once = (await api.ask("GET", "/containers/web/stats?stream=false&one-shot=true")).body;
  assert.deepEqual([once.name, once.id, once.pids_stats], ["/web", body.Id, { current: 3, limit: 9 }]);
  assert.deepEqual(once.cpu_stats, {
    cpu_usage: {
      ...{ total_usage: 1e9, percpu_usage: [1e9, 0] },
      ...{ usage_in_kernelmode: 0, usage_in_usermode: 1e9 },
    },
    system_cpu_usage: 2e9,
    online_cpus: 2,
    throttling_data: { periods: 4, throttled_periods: 2, throttled_time: 7 },
  });
  assert.deepEqual([once.precpu_stats.cpu_usage.total_usage, once.preread], [0, "0001-01-01T00:00:00Z"]);
  assert.deepEqual(once.memory_stats, { usage: 50, stats: { total_inactive_file: 20 }, limit: 200 });
  assert.deepEqual(once.blkio_stats.io_service_bytes_recursive, [{ major: 8, minor: 0, op: "read", value: 4096 }]);
  const two = (await api.ask("GET", "/containers/web/stats?stream=0")).body;
  assert.ok(two.cpu_stats.cpu_usage.total_usage > two.precpu_stats.cpu_usage.total_usage);
  assert.ok(Date.parse(two.read) - Date.parse(two.preread) >= 500);
});

test("LIMIT-7 GET /containers/{id}/stats of one that does not run is zeros, of none 404", async () => {
  await using api = testApi();
  await api.ask("POST", "/containers/create?name=web", root);
  const { body } = await api.ask("GET", "/containers/web/stats?stream=false");
  assert.deepEqual(
    [body.name, body.read, body.memory_stats, body.pids_stats],
    ["/web", "0001-01-01T00:00:00Z", {}, {}],
  );
  assert.equal((await api.ask("GET", "/containers/none/stats")).status, 404);
});

test("TOP-1 GET /containers/{id}/top passes ps's arguments on", async () => {
  await using api = testApi();
  await api.ask("POST", "/containers/create?name=web", root);
  await api.ask("POST", "/containers/web/start");
  const { status, body } = await api.ask("GET", "/containers/web/top?ps_args=-o%20pid,cmd");
  assert.deepEqual([status, body], [200, { Titles: ["PID", "CMD"], Processes: [["1", "sleep 60"]] }]);
  assert.deepEqual(api.engine.calls.at(-1), ["containers.top", "web", ["-o", "pid,cmd"]]);
});

test("TOP-1 GET /containers/{id}/top refuses to call another column PID", async () => {
  await using api = testApi();
  await api.ask("POST", "/containers/create?name=web", root);
  await api.ask("POST", "/containers/web/start");
  const top = async (args: string) => {
    const { status, body } = await api.ask("GET", `/containers/web/top?ps_args=${encodeURIComponent(args)}`);
    return status === 200 ? status : `${status} ${body.message}`;
  };
  assert.equal(await top("-o uid=PID,cmd"), '400 specifying "uid=PID" is not allowed');
  assert.equal(await top("-o cmd,uid=PIDs"), '400 specifying "uid=PIDs" is not allowed');
  assert.deepEqual([await top("-o pid=PID,cmd"), await top("-opid=PID"), await top("-o uid=WHO,pid")], [200, 200, 200]);
});
