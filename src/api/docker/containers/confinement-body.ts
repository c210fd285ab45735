import { type TObject, Type } from "@sinclair/typebox";
import { field, integer, text, texts } from "../../schema.ts";

/** Fields of Docker's HostConfig about how far a container is kept from the host. */
export const confinementFields = {
  SecurityOpt: field(texts),
  GroupAdd: field(texts),
  Devices: field(
    Type.Array(Type.Object({ PathOnHost: field(text), PathInContainer: field(text), CgroupPermissions: field(text) })),
  ),
  DeviceCgroupRules: field(texts),
  DeviceRequests: field(
    Type.Array(
      Type.Object({ Driver: field(text), Capabilities: field(Type.Array(texts)) }, { additionalProperties: true }),
    ),
  ),
  MaskedPaths: field(texts),
  ReadonlyPaths: field(texts),
  OomScoreAdj: field(integer),
  Init: field(Type.Boolean()),
  PidMode: field(text),
  IpcMode: field(text),
  UTSMode: field(text),
  UsernsMode: field(text),
  CgroupnsMode: field(text),
  ShmSize: field(integer),
  CgroupParent: field(text),
  Runtime: field(text),
};

const confinementBody: TObject<typeof confinementFields> = Type.Object(confinementFields);
export type ConfinementBody = (typeof confinementBody)["static"];
