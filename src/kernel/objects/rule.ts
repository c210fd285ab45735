import type { RuleObject } from "../../contracts/kernel.ts";
import { NLM_F_CREATE, NLM_F_EXCL } from "../netlink/frame.ts";
import { splitCidr } from "../netlink/ip-address.ts";
import { RTM_DELRULE, RTM_NEWRULE, type RuleMessage, ruleMessage } from "../netlink/rule.ts";
import { type Request, request } from "../netlink/socket.ts";
import type { Session } from "../netns/session.ts";
import { missing, type ObjectKind, outcome, unlessGone } from "./kind.ts";

/** Before the rule of table main, whose priority is 32766. */
const PRIORITY = 1000;
/** FR_ACT_TO_TBL, include/uapi/linux/fib_rules.h at v6.12: look the destination up in a table. */
const FR_ACT_TO_TBL = 1;

const name = ({ source, table }: RuleObject) => `rule from ${source} lookup ${table}`;

function ask(object: RuleObject, verb: "add" | "remove"): Request {
  const { address, prefixLength, family } = splitCidr(object.source);
  return request(`${verb} ${name(object)}`, verb === "add" ? RTM_NEWRULE : RTM_DELRULE, ruleMessage, {
    flags: verb === "add" ? NLM_F_CREATE | NLM_F_EXCL : 0,
    header: { family, sourceLength: prefixLength, action: FR_ACT_TO_TBL },
    attributes: { source: address, priority: PRIORITY, table: object.table },
  });
}

function remove(session: Session, object: RuleObject): void {
  unlessGone(() => session.socket(object.netns).run([ask(object, "remove")]));
}

function isIt({ header, attributes }: RuleMessage, object: RuleObject): boolean {
  const { address, prefixLength } = splitCidr(object.source);
  return (
    attributes.source === address &&
    header.sourceLength === prefixLength &&
    (attributes.table ?? header.table) === object.table &&
    attributes.priority === PRIORITY
  );
}

/** A rule of policy routing that sends what comes from one address to a table of its own. */
export const ruleKind: ObjectKind<RuleObject> = {
  name,
  make(session, objects) {
    const verdicts = session.socket(objects[0]?.netns ?? "").try(objects.map((object) => ask(object, "add")));
    return objects.map((object, at) => outcome(verdicts[at], (later) => remove(later, object)));
  },
  check: (seen, object) =>
    seen.rules(object.netns).some((rule) => isIt(rule, object)) ? undefined : missing("no such rule"),
  mend() {}, // a rule is there or not
  remove,
};
