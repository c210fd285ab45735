import { type Static, Type } from "@sinclair/typebox";
import type { GivenConfig } from "../../../engine/images/commit.ts";
import { field, keys, text, textMap, texts, wordList, words } from "../../schema.ts";
import { healthcheckBody, healthcheckOf } from "../containers/healthcheck.ts";
import { parsePort } from "../containers/port-bindings.ts";

/** What of Docker's container.Config an image keeps; the rest of it is of no use here. */
export const commitBody = Type.Object({
  User: field(text),
  Env: field(texts),
  Entrypoint: words,
  Cmd: words,
  WorkingDir: field(text),
  ExposedPorts: field(keys),
  Volumes: field(keys),
  Labels: field(textMap),
  StopSignal: field(text),
  Healthcheck: field(healthcheckBody),
  Shell: field(texts),
  OnBuild: field(texts),
});

/** The body of a commit; undefined: it says nothing. */
export function givenConfig(body: Static<typeof commitBody>, version: number): GivenConfig | undefined {
  if (Object.keys(body).length === 0) return undefined;
  const exposed = Object.keys(body.ExposedPorts ?? {}).map(parsePort);
  return {
    user: body.User ?? "",
    env: body.Env ?? [],
    entrypoint: wordList(body.Entrypoint),
    entrypointGiven: Boolean(body.Entrypoint),
    command: wordList(body.Cmd),
    workingDir: body.WorkingDir ?? "",
    exposed: exposed.map(({ port, protocol }) => `${port}/${protocol}`),
    volumes: Object.keys(body.Volumes ?? {}),
    labels: body.Labels ?? {},
    stopSignal: body.StopSignal ?? "",
    ...healthcheckOf(body.Healthcheck, version),
    shell: body.Shell ?? [],
    onBuild: body.OnBuild ?? [],
  };
}
