import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EngineError } from "../../base/errors.ts";
import { formatIp, ipOf } from "../../base/ip.ts";
import { mac as macCodec } from "../netlink/codec.ts";
import { encodeAddress } from "../netlink/ip-address.ts";
import { macText, writeAddress, writeMac } from "./text.ts";

function written(text: string): Uint8Array {
  const bytes = Buffer.alloc(20, 0xee);
  return bytes.subarray(2, 2 + writeAddress(bytes, 2, text));
}

test("writeAddress() writes what encodeAddress() does, for every address and several ways to write it", () => {
  const ipv4 = fc.ipV4();
  const value = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
  // Runs of zero groups are where "::" is.
  const holed = fc.tuple(value, fc.nat(7), fc.nat(8)).map(([all, from, length]) => {
    const mask = ((1n << BigInt(16 * length)) - 1n) << BigInt(16 * from);
    return formatIp({ family: 6, value: all & ~mask & (2n ** 128n - 1n) });
  });
  fc.assert(
    fc.property(
      fc.oneof(
        ipv4,
        fc.ipV6(),
        holed,
        holed.map((text) => text.toUpperCase()),
      ),
      (text) => {
        assert.deepEqual(new Uint8Array(written(text)), encodeAddress(text));
      },
    ),
    { numRuns: 2000 },
  );
});

test("writeAddress() takes any text for an address that ipOf() does, and no other", () => {
  const texts = fc.oneof(
    fc.stringMatching(/^[0-9a-f:.]{0,20}$/),
    fc.ipV4().map((text) => `0${text}`),
    fc.ipV4().map((text) => `${text}.`),
    fc.ipV6().map((text) => `${text}:`),
    fc.ipV6().map((text) => `::${text}`),
    fc.constantFrom(
      "",
      ":",
      "::",
      ":::",
      "1::",
      "::1",
      "1:2:3:4:5:6:7::",
      "::2:3:4:5:6:7:8",
      "1::3:4:5:6:7:8",
      "256.1.1.1",
    ),
    fc.constantFrom("1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::ffff:10.0.0.1", "12345::", "fe80::1%eth0", "1::2::3"),
  );
  const taken = (read: () => unknown) => {
    try {
      read();
      return true;
    } catch (error) {
      assert.ok(error instanceof EngineError && error.code === "INVALID");
      return false;
    }
  };
  fc.assert(
    fc.property(texts, (text) =>
      assert.equal(
        taken(() => written(text)),
        taken(() => ipOf(text)),
        text,
      ),
    ),
    { numRuns: 5000 },
  );
});

test("writeMac() writes what the codec does and macText() reads it back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
      const text = macCodec.decode(bytes);
      const out = Buffer.alloc(8);
      assert.ok(writeMac(out, 1, text) && writeMac(out, 1, text.toUpperCase()));
      assert.deepEqual(new Uint8Array(out.subarray(1, 7)), bytes);
      assert.equal(macText(out, 1), text);
    }),
  );
});

test("writeMac() refuses what is no MAC", () => {
  for (const text of [
    "",
    "02:42:0a:00:00:0",
    "02:42:0a:00:00:0g",
    "02-42-0a-00-00-01",
    "02:42:0a:00:00:01:",
    "02:42:0a:00:00:é1",
  ])
    assert.equal(writeMac(Buffer.alloc(6), 0, text), false, text);
});
