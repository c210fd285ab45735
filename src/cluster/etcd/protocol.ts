import { join } from "node:path";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** Fields are always there, with protobuf's defaults; messages that were not sent are null. */
export interface Header {
  /** 64-bit ids lose their last bits as numbers: enough to tell members apart, not to send one back. */
  readonly cluster_id: number;
  readonly member_id: number;
  readonly revision: number;
}

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  readonly mod_revision: number;
}

export interface RangeRequest {
  readonly key: string;
  readonly range_end?: Buffer;
  readonly limit?: number;
  readonly revision?: number;
  readonly count_only?: boolean;
}

export interface RangeResponse {
  readonly header: Header;
  readonly kvs: readonly KeyValue[];
  readonly more: boolean;
}

/** Values of Compare.CompareResult and Compare.CompareTarget. */
export const compare = { equal: 0, greater: 1, create: 1, mod: 2 } as const;

export type Compare =
  | { key: string; result: number; target: typeof compare.create; create_revision: number }
  | { key: string; result: number; target: typeof compare.mod; mod_revision: number };

export type RequestOp =
  | { readonly request_range: RangeRequest }
  | { readonly request_put: { readonly key: string; readonly value: string; readonly lease?: number } }
  | { readonly request_delete_range: { readonly key: string } };

export interface TxnRequest {
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export interface TxnResponse {
  readonly header: Header;
  readonly succeeded: boolean;
  readonly responses: readonly { readonly response_range?: RangeResponse | null }[];
}

export interface WatchRequest {
  readonly create_request: {
    readonly key: string;
    readonly range_end: Buffer;
    readonly start_revision: number;
    readonly fragment: boolean;
  };
}

/** Event.EventType. */
export const eventType = { put: 0, delete: 1 } as const;

export interface WatchResponse {
  readonly header: Header;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly compact_revision: number;
  readonly cancel_reason: string;
  /** More of the same batch follows. */
  readonly fragment: boolean;
  readonly events: readonly { readonly type: number; readonly kv: KeyValue }[];
}

export interface LeaseTtl {
  readonly ID: number;
  /** Seconds; 0 or less in answer to a keep-alive: there is no such lease. */
  readonly TTL: number;
}

export interface Member {
  readonly ID: number;
  readonly name: string;
  readonly clientURLs: readonly string[];
  readonly isLearner: boolean;
}

export interface StatusResponse {
  readonly header: Header;
  readonly version: string;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  /** Since 3.6, otherwise 0. */
  readonly dbSizeQuota: number;
  readonly leader: number;
  /** Since 3.4: alarms, and that there is no leader. */
  readonly errors: readonly string[];
  readonly isLearner: boolean;
}

/** One call: its path and how its messages are packed. */
export interface Method<Request, Response> {
  readonly path: string;
  requestSerialize(value: Request): Buffer;
  responseDeserialize(bytes: Buffer): Response;
  /** The types it was declared with, for inference only. */
  readonly types?: [Request, Response];
}

const definitions = loadSync(join(import.meta.dirname, "rpc.proto"), { keepCase: true, longs: Number, defaults: true });

function method<Request, Response>(service: string, name: string): Method<Request, Response> {
  const found = (definitions[`etcdserverpb.${service}`] as ServiceDefinition)[name];
  if (!found) throw new Error(`rpc.proto has no ${service}.${name}`);
  return found as unknown as Method<Request, Response>;
}

export const methods = {
  range: method<RangeRequest, RangeResponse>("KV", "Range"),
  txn: method<TxnRequest, TxnResponse>("KV", "Txn"),
  watch: method<WatchRequest, WatchResponse>("Watch", "Watch"),
  leaseGrant: method<LeaseTtl, LeaseTtl>("Lease", "LeaseGrant"),
  leaseRevoke: method<{ ID: number }, object>("Lease", "LeaseRevoke"),
  leaseKeepAlive: method<{ ID: number }, LeaseTtl>("Lease", "LeaseKeepAlive"),
  memberList: method<object, { members: readonly Member[] }>("Cluster", "MemberList"),
  status: method<object, StatusResponse>("Maintenance", "Status"),
  authenticate: method<{ name: string; password: string }, { token: string }>("Auth", "Authenticate"),
} as const;

/** The end of the range of all keys that begin with `prefix`: its bytes plus one. UTF-8 has no byte 0xff to carry over. */
export function endOfPrefix(prefix: string): Buffer {
  const end = Buffer.from(prefix);
  const last = end.length - 1;
  end.writeUInt8(end.readUInt8(last) + 1, last);
  return end;
}
