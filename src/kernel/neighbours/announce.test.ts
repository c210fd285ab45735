import assert from "node:assert/strict";
import { test } from "node:test";
import { arpAnnouncement, neighbourAdvertisement } from "./announce.ts";

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));

test("arpAnnouncement() asks for the address on behalf of its holder", () => {
  const bytes = "0001 0800 06 04 0001  0242ac110002 ac110002  000000000000 ac110002";
  assert.deepEqual(arpAnnouncement("02:42:ac:11:00:02", "172.17.0.2"), hex(bytes));
});

test("neighbourAdvertisement() overrides what neighbours know", () => {
  const bytes = "88 00 0000 20000000  fd000000000000000000000000000002  02 01 0242ac110002";
  assert.deepEqual(neighbourAdvertisement("02:42:ac:11:00:02", "fd00::2"), hex(bytes));
});
