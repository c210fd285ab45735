import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../base/log.ts";
import type { News } from "../../contracts/cluster-store.ts";
import { EtcdFailure } from "./failure.ts";
import { Follow, type FollowOptions } from "./follow.ts";
import type { Stream } from "./transport.ts";

const options = { root: "lab/", log: silentLog, relistMs: 60_000, scatterMs: 0 };
const header = { cluster_id: 1, member_id: 1, revision: 5 };

test("Follow tells that the store is away when it can never be listed, as with members of different stores", {
  timeout: 10_000,
}, async () => {
  const end = new AbortController();
  const news: News[] = [];
  const transport: FollowOptions["transport"] = {
    endpoints: ["a", "b"],
    call: () => Promise.reject(new EtcdFailure("compacted", "required revision is a future revision")),
    open: () => Promise.reject(new EtcdFailure("away", "not asked for")),
  };
  const onNews = (each: News) => {
    news.push(each);
    end.abort();
  };
  await new Follow({ ...options, transport }, "hosts/", onNews, end.signal).run();
  assert.deepEqual(news, [{ kind: "away", why: "required revision is a future revision" }]);
});

test("Follow that ends while its watch opens closes it, and asks for nothing", { timeout: 10_000 }, async () => {
  const end = new AbortController();
  const done: string[] = [];
  const transport: FollowOptions["transport"] = {
    endpoints: ["a"],
    call: async () => ({ header, kvs: [], more: false }) as never,
    open: async <Q, S>() => {
      end.abort();
      const stream: Stream<Q, S> = {
        send: () => done.push("send"),
        close: () => done.push("close"),
        fail: (failure) => failure,
        [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
      };
      return stream;
    },
  };
  await new Follow({ ...options, transport }, "hosts/", () => {}, end.signal).run();
  assert.deepEqual(done, ["close"]);
});
