import assert from "node:assert/strict";
import { test } from "node:test";
import { nftError } from "./nft-error.ts";

test("nftError() has nft's words, an errno and the numbered script", () => {
  const error = nftError(
    "add table inet t\nadd rule inet t c drop\n",
    "Error: Could not process rule: No such file or directory\nadd table inet t\n   ^^^\n",
  );
  assert.equal(error.errno, "ENOENT");
  assert.equal(
    error.message,
    "Cannot change the nftables rules: ENOENT (Error: Could not process rule: No such file or directory\n   1 add table inet t\n   2 add rule inet t c drop)",
  );
});

test("nftError() shows the start of a long script, and a repeated error once", () => {
  const script = Array.from({ length: 1000 }, (_, line) => `line ${line + 1} ${"x".repeat(1000)}`).join("\n");
  const error = nftError(script, "Error: Could not process rule: File exists\n".repeat(500));
  assert.equal(error.errno, "EEXIST");
  assert.equal(error.message.split("\n").length, 22);
  assert.ok(error.message.length < 8000);
  assert.match(error.message, /\(980 more lines\)\)$/);
});

test("nftError() calls what the parser refuses EINVAL", () => {
  assert.equal(nftError("nonsense", "Error: syntax error, unexpected string\n").errno, "EINVAL");
});
