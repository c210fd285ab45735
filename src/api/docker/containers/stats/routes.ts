import { Refusal } from "../../../refusal.ts";
import { type Call, type Route, reply, route } from "../../../route.ts";
import { sendStream } from "../../../stream.ts";
import { containerOf } from "../routes.ts";
import { type Sample, samplerOf, takeSample } from "./sampler.ts";
import { statsJson } from "./stats-json.ts";

/** Docker Engine API: ContainerStats and ContainerTop. */
export const statsRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/containers/:id/stats",
    summary: "What a container uses",
    async handle(call) {
      const stream = call.query.flagOr("stream", true);
      const first = takeSample(call, containerOf(call));
      if (stream) return sendStream(call, "application/json", lines(call, first.id));
      // One reading is no rate: unless it is asked for, the answer waits for a second one.
      const isOneShot = call.query.flag("one-shot") || first.usage === undefined;
      return reply(200, isOneShot ? statsJson(first) : await second(call, first));
    },
  }),
  route({
    method: "GET",
    path: "/containers/:id/top",
    summary: "Processes of a container",
    async handle(call) {
      const words = psWords(call.query.text("ps_args"));
      const { titles, rows } = await call.engine.containers.top(containerOf(call), words);
      return reply(200, { Titles: titles, Processes: rows });
    },
  }),
];

/** Which rows are the container's is read from the column PID: nothing else may be called so. */
function psWords(text: string): string[] {
  const words = text.split(/\s+/).filter((word) => word !== "");
  const [, renamed] = /(?:^|[\s,])((?!-?o?pid=)[^\s,=]*=\s*PID[^\s,]*)/.exec(words.join(" ")) ?? [];
  if (renamed !== undefined) throw new Refusal(400, `specifying "${renamed}" is not allowed`);
  return words;
}

async function* lines(call: Call<unknown>, id: string): AsyncIterable<string> {
  let before: Sample | undefined;
  for await (const sample of samples(call, id)) {
    yield `${JSON.stringify(statsJson(sample, before))}\n`;
    before = sample;
  }
}

async function second(call: Call<unknown>, first: Sample) {
  for await (const sample of samples(call, first.id)) {
    if (sample.at.getTime() - first.at.getTime() < leastMs && sample.usage) continue;
    return statsJson(sample, first);
  }
  return statsJson(first);
}

/** Two readings closer than this say nothing of a rate. */
const leastMs = 500;

/** Samples until the container or the client is gone. A slow client misses some: it gets the newest. */
async function* samples(call: Call<unknown>, id: string): AsyncIterable<Sample> {
  let newest: Sample | undefined;
  let isGone = false;
  let news = Promise.withResolvers<void>();
  using _watch = samplerOf(call).watch(id, (sample) => {
    newest = sample;
    isGone = sample === undefined;
    news.resolve();
  });
  call.signal.addEventListener("abort", () => news.resolve(), { once: true });
  while (!call.signal.aborted) {
    await news.promise;
    news = Promise.withResolvers();
    const sample = newest;
    newest = undefined;
    if (sample) yield sample;
    if (isGone) return;
  }
}
