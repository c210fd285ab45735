import assert from "node:assert/strict";
import { test } from "node:test";
import type { TunnelPeer, TunnelPeerState } from "../../contracts/tunnel.ts";
import { PEER_REMOVE, PEER_REPLACE_ALLOWED } from "../netlink/wireguard.ts";
import { peerChanges, peerState, sortOut } from "./peers.ts";

const key = (number: number) => Buffer.alloc(32, number).toString("base64");
const peer = (number: number, more: Partial<TunnelPeer> = {}): TunnelPeer => ({
  publicKey: key(number),
  endpoint: { address: `192.0.2.${number}`, port: 51820 },
  tunnelAddress: `fd00::${number}`,
  ...more,
});
const state = (number: number, more: Partial<TunnelPeerState> = {}): TunnelPeerState => ({
  publicKey: key(number),
  endpoint: { address: `192.0.2.${number}`, port: 51820 },
  allowedIps: [`fd00::${number}/128`],
  lastHandshake: undefined,
  rxBytes: 0,
  txBytes: 0,
  ...more,
});
const allowed = (number: number) => [{ family: 10, address: `fd00::${number}`, prefixLength: 128 }];
const now = 1_700_000_000_000;
const nothing = { before: new Map<string, string>(), now };
const elsewhere = { address: "198.51.100.9", port: 4000 };

const cases: {
  name: string;
  found: TunnelPeerState[];
  wanted: TunnelPeer[];
  before?: Map<string, string>;
  changes: object[];
  afterwards?: object[];
}[] = [
  { name: "nothing for peers that are right", found: [state(1), state(2)], wanted: [peer(2), peer(1)], changes: [] },
  {
    name: "a new peer whole, and one that is gone as its key",
    found: [state(1)],
    wanted: [peer(2, { keepalive: 25 })],
    changes: [
      { publicKey: key(1), flags: PEER_REMOVE },
      { ...peer(2), tunnelAddress: undefined, keepalive: 25, flags: PEER_REPLACE_ALLOWED, allowedIps: allowed(2) },
    ],
  },
  {
    name: "a packet at once to a host that has another key, and none from then on",
    found: [state(1)],
    wanted: [peer(9, { tunnelAddress: "fd00::1" })],
    changes: [
      { publicKey: key(1), flags: PEER_REMOVE },
      { ...peer(9), tunnelAddress: undefined, keepalive: 25, flags: PEER_REPLACE_ALLOWED, allowedIps: allowed(1) },
    ],
    afterwards: [{ publicKey: key(9), keepalive: 0 }],
  },
  {
    name: "only what differs",
    found: [state(1, { allowedIps: ["fd00::1/128", "0.0.0.0/0"] }), state(2, { keepalive: 25 })],
    wanted: [peer(1), peer(2)],
    changes: [
      { publicKey: key(1), flags: PEER_REPLACE_ALLOWED, allowedIps: allowed(1) },
      { publicKey: key(2), keepalive: 0 },
    ],
  },
  {
    name: "no endpoint while a session lives where it has roamed to",
    found: [state(1, { endpoint: elsewhere, lastHandshake: now - 100_000 })],
    wanted: [peer(1)],
    before: new Map([[key(1), "192.0.2.1 51820"]]),
    changes: [],
  },
  {
    name: "the endpoint when the session is too old to live",
    found: [state(1, { endpoint: elsewhere, lastHandshake: now - 200_000 })],
    wanted: [peer(1)],
    changes: [{ publicKey: key(1), endpoint: peer(1).endpoint }],
  },
  {
    name: "an endpoint that is news, session or not",
    found: [state(1, { lastHandshake: now - 1000 })],
    wanted: [peer(1, { endpoint: elsewhere })],
    before: new Map([[key(1), "192.0.2.1 51820"]]),
    changes: [{ publicKey: key(1), endpoint: elsewhere }],
  },
];

/** Without members that are undefined: they are not sent. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

for (const { name, found, wanted, before = new Map(), changes, afterwards = [] } of cases) {
  test(`peerChanges() sends ${name}`, () => {
    assert.deepEqual(plain(peerChanges(found, wanted, { before, now })), plain({ changes, afterwards }));
  });
}

test("peerChanges() takes two spellings of an address for one", () => {
  const spelt = peer(1, { tunnelAddress: "FD00:0:0:0:0:0:0:1", endpoint: { address: "192.0.2.1", port: 51820 } });
  assert.deepEqual(peerChanges([state(1)], [spelt], nothing), { changes: [], afterwards: [] });
});

test("peerState() reads times, and no handshake as none", () => {
  const seen = { publicKey: key(1), lastHandshake: { seconds: 1_700_000_000n, nanoseconds: 5_000_000n }, rxBytes: 7n };
  assert.deepEqual(
    [peerState(seen).lastHandshake, peerState(seen).rxBytes, peerState({ lastHandshake: {} }).lastHandshake],
    [1_700_000_000_005, 7, undefined],
  );
});

test("sortOut() refuses what is malformed, this host's own key, and all who claim one key or address", () => {
  const twin = peer(4, { tunnelAddress: "fd00::5" });
  const peers = [
    peer(1),
    peer(2, { publicKey: "short" }),
    peer(3, { endpoint: { address: "host3", port: 1 } }),
    twin,
    peer(5),
    peer(6, { publicKey: key(7) }),
    peer(7),
    peer(8),
    peer(9, { endpoint: { address: "192.0.2.9", port: 0 } }),
  ];
  const { good, refused } = sortOut(peers, key(8));
  assert.deepEqual(good, [peer(1)]);
  assert.deepEqual(
    refused.map(({ why }) => why),
    [
      '"short" is no public key',
      '"host3" is no address',
      "another host has the tunnel address fd00::5 too",
      "another host has the tunnel address fd00::5 too",
      "another host has the same key: a copied data root?",
      "another host has the same key: a copied data root?",
      "it has the key of this host: a copied data root? Remove the key file of one of them",
      "0 is no port",
    ],
  );
});
