import { parseFlag } from "../../../base/flags.ts";
import type { Confinement } from "../../../model/confinement.ts";
import { Refusal } from "../../refusal.ts";

/** What a list of SecurityOpt comes to. */
type Security = Pick<Confinement, "seccomp" | "apparmor" | "noNewPrivileges" | "writableCgroups" | "securityOpt">;

/** Options by name; each takes the text after "=" (of old also ":"). */
const options: Readonly<Record<string, (value: string) => Security>> = {
  seccomp: (value) => ({ seccomp: value === "builtin" ? "default" : value }),
  apparmor: (value) => ({ apparmor: value }),
  "no-new-privileges": (value) => ({ noNewPrivileges: flagOf("no-new-privileges", value) }),
  "writable-cgroups": (value) => ({ writableCgroups: flagOf("writable-cgroups", value) }),
  // SELinux labels; without SELinux they have no meaning, as in Docker.
  label: () => ({}),
};

/** Docker's --security-opt; later options win. systempaths=unconfined is the client's: it sends empty lists of paths. */
export function parseSecurityOptions(list: readonly string[]): Security {
  const parsed = list.map(parseOption);
  return { ...Object.assign({}, ...parsed), ...(list.length > 0 ? { securityOpt: list } : {}) };
}

function parseOption(option: string): Security {
  if (option === "no-new-privileges") return { noNewPrivileges: true };
  if (option === "writable-cgroups") return { writableCgroups: true };
  if (option === "disable") return {};
  const separator = option.includes("=") ? "=" : ":";
  const at = option.indexOf(separator);
  if (at < 0) throw refused(1, option);
  const parse = options[option.slice(0, at)];
  if (!parse) throw refused(2, option);
  return parse(option.slice(at + 1));
}

function flagOf(name: string, value: string): boolean {
  const flag = parseFlag(value);
  if (flag !== undefined) return flag;
  throw refused(2, `${name}=${value}`);
}

/** The number is how far Docker's parser has come. */
const refused = (step: 1 | 2, option: string) =>
  new Refusal(400, `invalid --security-opt ${step}: ${JSON.stringify(option.slice(0, 80))}`);
