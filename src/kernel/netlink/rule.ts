import { attr, cString, type Decoded, message, padding, struct, u8, u32 } from "./codec.ts";
import { ipAddress } from "./ip-address.ts";

export const RTM_NEWRULE = 32;
export const RTM_DELRULE = 33;
export const RTM_GETRULE = 34;

/** RTM_*RULE: `struct fib_rule_hdr`, include/uapi/linux/fib_rules.h at v6.12. */
export const ruleMessage = message({
  name: "rt-rule",
  header: struct({
    family: u8,
    destinationLength: u8,
    sourceLength: u8,
    tos: u8,
    table: u8,
    pad: padding(2),
    action: u8,
    flags: u32,
  }),
  attributes: {
    destination: attr(1, ipAddress),
    source: attr(2, ipAddress),
    inInterface: attr(3, cString),
    priority: attr(6, u32),
    mark: attr(10, u32),
    table: attr(15, u32),
    markMask: attr(16, u32),
    outInterface: attr(17, cString),
  },
});

export type RuleMessage = Decoded<typeof ruleMessage>;
