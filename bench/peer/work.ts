import { text } from "node:stream/consumers";
import { image } from "./contender.ts";
import type { EngineApi } from "./engine-api.ts";

type Settings = Readonly<Record<string, unknown>>;

/** What `run --rm true` asks of an engine: create, wait, start, until the container is removed again. */
export async function runTrue(api: EngineApi, HostConfig: Settings): Promise<void> {
  const body = { Image: image, Cmd: ["true"], HostConfig: { ...HostConfig, AutoRemove: true } };
  const { Id } = await api.ask("POST", "/containers/create", body);
  // The answer's head comes at once, its body with the end: asked before the start, nothing is missed.
  const removed = await api.stream("POST", `/containers/${Id}/wait?condition=removed`);
  await api.ask("POST", `/containers/${Id}/start`);
  const { StatusCode } = JSON.parse(await text(removed)) as { StatusCode: number };
  if (StatusCode !== 0) throw new Error(`true ended with ${StatusCode}`);
}

/** A container that stays. */
export async function begin(api: EngineApi, name: string, HostConfig: Settings, Cmd = ["sleep", "1000000"]) {
  const { Id } = await api.ask("POST", `/containers/create?name=${name}`, { Image: image, Cmd, HostConfig });
  await api.ask("POST", `/containers/${Id}/start`);
  return Id;
}

export async function remove(api: EngineApi, id: string): Promise<void> {
  await api.ask("DELETE", `/containers/${id}?force=1`);
}

/** `exec stay true`, its output read to the end and its exit code asked for, as the CLI does. */
export async function execTrue(api: EngineApi): Promise<void> {
  const command = { Cmd: ["true"], AttachStdout: true, AttachStderr: true };
  const { Id } = await api.ask("POST", "/containers/stay/exec", command);
  await api.ask("POST", `/exec/${Id}/start`, { Detach: false, Tty: false });
  const { ExitCode } = await api.ask<{ ExitCode: number }>("GET", `/exec/${Id}/json`);
  if (ExitCode !== 0) throw new Error(`exec true ended with ${ExitCode}`);
}
