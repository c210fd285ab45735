import { type TObject, type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { parseCidr } from "../base/cidr.ts";
import { parseIp } from "../base/ip.ts";
import { leaf } from "./keys.ts";

const text = Type.String({ maxLength: 1024 });
const name = Type.String({ minLength: 1, maxLength: 255 });
const id = Type.String({ pattern: "^[0-9a-zA-Z_.-]{1,128}$" });
const mac = Type.String({ pattern: "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$" });
const port = Type.Integer({ minimum: 1, maximum: 65_535 });
const mtu = Type.Integer({ minimum: 0, maximum: 65_535 });
const epoch = Type.Integer({ minimum: 1 });
const texts = Type.Record(Type.String(), Type.String());
const address = Type.String();

const pool = Type.Object({
  subnet: Type.String(),
  range: Type.Optional(Type.String()),
  gateway: Type.Optional(address),
  aux: Type.Record(Type.String(), address),
});

const network = Type.Object({
  id,
  name,
  driver: name,
  scope: Type.Literal("global"),
  created: text,
  ipv4: Type.Boolean(),
  ipv6: Type.Boolean(),
  internal: Type.Boolean(),
  pools: Type.Array(pool, { minItems: 1 }),
  options: texts,
  labels: texts,
  mtu,
});

const endpoint = Type.Object({
  networkId: id,
  endpointId: id,
  containerId: id,
  container: name,
  names: Type.Array(name, { maxItems: 1024 }),
  mac,
  ipv4: Type.Optional(address),
  ipv6: Type.Optional(address),
  host: id,
  epoch,
});

const tunnel = Type.Object({ address, publicKey: name, port });

interface Shape {
  readonly schema: TSchema;
  /** Texts that must be addresses or blocks, which a schema cannot say; undefined members are left out. */
  readonly addresses?: (record: never) => readonly (string | undefined)[];
  readonly blocks?: (record: never) => readonly (string | undefined)[];
  /** What the key must end with: a record under another's key is nobody's. */
  readonly leaves?: (record: never) => readonly (string | undefined)[];
}

type Pools = { readonly pools: readonly { subnet: string; range?: string; gateway?: string; aux: object }[] };

/** By the first part of the key. Members that a shape does not name are kept: a newer release may have written them. */
const shapes: Readonly<Record<string, Shape>> = {
  hosts: {
    schema: host(),
    addresses: (record: { vtep: string; tunnel?: { address: string } }) => [
      record.vtep || undefined,
      record.tunnel?.address,
    ],
    leaves: (record: { id: string }) => [record.id],
  },
  live: { schema: Type.Object({ epoch, since: text, version: text }) },
  networks: {
    schema: Type.Object({ network, removing: Type.Optional(Type.Unknown()) }),
    addresses: ({ network: { pools } }: { network: Pools }) =>
      pools.flatMap(({ gateway, aux }) => [gateway, ...(Object.values(aux) as string[])]),
    blocks: ({ network: { pools } }: { network: Pools }) => pools.flatMap(({ subnet, range }) => [subnet, range]),
    leaves: (record: { network: { id: string } }) => [record.network.id],
  },
  slots: {
    schema: Type.Union([Type.Object({ host: id }), Type.Object({ singles: Type.Record(address, id) })]),
    addresses: (record: { singles?: object }) => Object.keys(record.singles ?? {}),
  },
  endpoints: {
    schema: endpoint,
    addresses: ({ ipv4, ipv6 }: { ipv4?: string; ipv6?: string }) => [ipv4, ipv6],
    leaves: ({ ipv4, ipv6 }: { ipv4?: string; ipv6?: string }) => [ipv4, ipv6],
  },
  wishes: { schema: Type.Object({ host: id, slot: Type.Optional(Type.String({ pattern: "^[0-9a-f]{1,32}$" })) }) },
};

function host(): TObject {
  return Type.Object({
    ...{ id, name, epoch, vtep: address, mtu, created: text, drained: Type.Boolean() },
    tunnel: Type.Optional(tunnel),
  });
}

const checkers = new Map<TSchema, ReturnType<typeof TypeCompiler.Compile>>();

function compiled(schema: TSchema): ReturnType<typeof TypeCompiler.Compile> {
  const known = checkers.get(schema) ?? TypeCompiler.Compile(schema);
  checkers.set(schema, known);
  return known;
}

/** Why a value cannot be the record of its key, for people; undefined: it can. Keys of other kinds take any object. */
export function whatIsWrong(key: string, value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "it is no record of ours";
  const shape = shapes[key.split("/", 1)[0] ?? ""];
  if (!shape) return undefined;
  // Compiled: a list may have a hundred thousand of them.
  const checker = compiled(shape.schema);
  const [error] = checker.Check(value) ? [] : checker.Errors(value);
  if (error) return `its ${error.path.slice(1) || "value"} is wrong: ${error.message}`;
  const record = value as never;
  const noAddress = given(shape.addresses?.(record)).find((each) => parseIp(each) === undefined);
  if (noAddress !== undefined) return `"${noAddress}" is no address`;
  const noBlock = given(shape.blocks?.(record)).find((each) => parseCidr(each) === undefined);
  if (noBlock !== undefined) return `"${noBlock}" is no address block`;
  if (shape.leaves && !shape.leaves(record).includes(leaf(key))) return "it is the record of another key";
  return undefined;
}

const given = (texts: readonly (string | undefined)[] = []): string[] => texts.filter((each) => each !== undefined);
