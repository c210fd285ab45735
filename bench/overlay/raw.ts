import { Client, credentials } from "@grpc/grpc-js";
import {
  endOfPrefix,
  type KeyValue,
  type Method,
  methods,
  type WatchRequest,
  type WatchResponse,
} from "../../src/cluster/etcd/protocol.ts";
import { endpoint } from "./simulated-host.ts";

/*
 * etcd with nothing of ours but the packing of its messages: the floor that the cluster is measured against. Each
 * client has a TCP connection of its own: gRPC would share one.
 */
const options = {
  "grpc.use_local_subchannel_pool": 1,
  "grpc.max_receive_message_length": -1,
  "grpc-node.flow_control_window": 1024 * 1024,
};

export const rawClient = (): Client => new Client(endpoint, credentials.createInsecure(), options);

export const rawCall = <Q, S>(client: Client, method: Method<Q, S>, request: Q): Promise<S> =>
  new Promise((resolve, reject) => {
    const { path, requestSerialize, responseDeserialize } = method;
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, (error, value) => {
      if (error) reject(error);
      else resolve(value as S);
    });
  });

export const rawPut = (client: Client, key: string, value: string): Promise<unknown> =>
  rawCall(client, methods.txn, { compare: [], success: [{ request_put: { key, value } }], failure: [] });

/** Watches a prefix; resolves when etcd has confirmed it. Fails the process when it ends. */
export function rawWatch(prefix: string, onKey: (kv: KeyValue) => void): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = methods.watch;
  const call = rawClient().makeBidiStreamRequest<WatchRequest, WatchResponse>(
    path,
    requestSerialize,
    responseDeserialize,
  );
  call.write({ create_request: { key: prefix, range_end: endOfPrefix(prefix), start_revision: 0, fragment: true } });
  return new Promise((resolve) => {
    call.on("data", ({ created, events }: WatchResponse) => {
      if (created) resolve();
      for (const { kv } of events) onKey(kv);
    });
  });
}

/** Everything below a prefix in pages of 5,000 at one revision. */
export async function rawList(client: Client, prefix: string): Promise<KeyValue[]> {
  const found: KeyValue[] = [];
  let [key, revision] = [prefix, 0];
  for (;;) {
    const request = { key, range_end: endOfPrefix(prefix), limit: 5_000, revision };
    const { header, kvs, more } = await rawCall(client, methods.range, request);
    found.push(...kvs);
    if (!more) return found;
    revision ||= header.revision;
    key = `${kvs.at(-1)?.key}\0`;
  }
}
