import { type Static, Type } from "@sinclair/typebox";
import { field, flag, integer, text } from "../../schema.ts";

const rate = Type.Object({ Path: text, Rate: integer });

/** Docker's container.Resources, as far as it limits: fields of HostConfig and of an update. */
export const limitFields = {
  Memory: field(integer),
  MemoryReservation: field(integer),
  MemorySwap: field(integer),
  MemorySwappiness: field(integer),
  OomKillDisable: field(flag),
  NanoCpus: field(integer),
  CpuShares: field(integer),
  CpuPeriod: field(integer),
  CpuQuota: field(integer),
  CpuRealtimePeriod: field(integer),
  CpuRealtimeRuntime: field(integer),
  CpusetCpus: field(text),
  CpusetMems: field(text),
  PidsLimit: field(integer),
  BlkioWeight: field(integer),
  BlkioWeightDevice: field(Type.Array(Type.Object({ Path: text, Weight: integer }))),
  BlkioDeviceReadBps: field(Type.Array(rate)),
  BlkioDeviceWriteBps: field(Type.Array(rate)),
  BlkioDeviceReadIOps: field(Type.Array(rate)),
  BlkioDeviceWriteIOps: field(Type.Array(rate)),
  Ulimits: field(Type.Array(Type.Object({ Name: text, Soft: integer, Hard: integer }))),
};

export const limitsBody = Type.Object(limitFields);
export type LimitsBody = Static<typeof limitsBody>;
