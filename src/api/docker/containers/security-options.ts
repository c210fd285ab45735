import { invalid } from "../../../base/errors.ts";
import { parseFlag } from "../../../base/flags.ts";
import type { Confinement } from "../../../model/confinement.ts";

/** What a list of SecurityOpt comes to. */
type Security = Pick<Confinement, "seccomp" | "apparmor" | "noNewPrivileges" | "securityOpt">;

/** Options by name; each takes the text after "=" (of old also ":"). */
const options: Readonly<Record<string, (value: string) => Security>> = {
  seccomp: (value) => ({ seccomp: value === "builtin" ? "default" : value }),
  apparmor: (value) => ({ apparmor: value }),
  "no-new-privileges": (value) => ({ noNewPrivileges: flagOf(value) }),
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
  if (option === "disable") return {};
  const separator = option.includes("=") ? "=" : ":";
  const at = option.indexOf(separator);
  if (at < 0) throw refused(option);
  const parse = options[option.slice(0, at)];
  if (!parse) throw refused(option);
  return parse(option.slice(at + 1));
}

function flagOf(value: string): boolean {
  const flag = parseFlag(value);
  if (flag !== undefined) return flag;
  throw refused(`no-new-privileges=${value}`);
}

const refused = (option: string) =>
  invalid(
    "--security-opt",
    `"${option.slice(0, 80)}": use seccomp=PROFILE, apparmor=NAME, no-new-privileges[=true|false] or label=...`,
  );
