import { EngineError, invalid } from "../../base/errors.ts";
import { pathInRoot } from "./path-in-root.ts";
import { smallFileAt } from "./small-file.ts";

export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

/** The texts of a root's /etc/passwd and /etc/group; "" where there is none. */
export interface UserFiles {
  readonly passwd: string;
  readonly group: string;
}

/** Reads them without ever leaving `root`. Throws INVALID when one is too large. */
export const readUserFiles = (root: string): UserFiles => ({
  passwd: readInside(root, "/etc/passwd"),
  group: readInside(root, "/etc/group"),
});

const readInside = (root: string, path: string): string => smallFileAt(pathInRoot(root, path), path);

/**
 * Looks up "", "user", "user:group", names or numbers, by Docker's rules: a number need not be in the files, a name
 * must; a user's other groups count only if no group is given. The group is among the additional ones, too: otherwise
 * what is forbidden to a group would be allowed to who leaves it by a setgid program (CVE-2022-36109).
 */
export function lookUpUser(text: string, files: UserFiles): ProcessUser {
  const [userText = "", groupText = ""] = text.split(":");
  const user = findUser(userText || "0", parseLines(files.passwd));
  const groups = parseLines(files.group);
  if (groupText !== "") {
    const gid = findGroup(groupText, groups);
    return { uid: user.uid, gid, additionalGids: [gid] };
  }
  const others = groups
    .filter(([, , , members = ""]) => user.name !== undefined && members.split(",").includes(user.name))
    .map(([, , gid]) => Number(gid));
  return { uid: user.uid, gid: user.gid, additionalGids: [...new Set([user.gid, ...others])] };
}

/** Adds groups by name or number (--group-add). */
export function withGroups(user: ProcessUser, names: readonly string[], files: UserFiles): ProcessUser {
  const groups = parseLines(files.group);
  const added = names.map((name) => findGroup(name, groups));
  return { ...user, additionalGids: [...new Set([...user.additionalGids, ...added])] };
}

/** passwd(5) and group(5): fields between colons; short lines are broken ones. */
const parseLines = (text: string): string[][] =>
  text
    .split("\n")
    .map((line) => line.trim().split(":"))
    .filter((fields) => fields.length >= 3);

function findUser(text: string, lines: readonly string[][]): { uid: number; gid: number; name?: string } {
  const uid = idOf(text);
  const line = lines.find(([name]) => name === text) ?? lines.find((fields) => uid !== undefined && fields[2] === text);
  const [name] = line ?? [];
  if (line && name !== undefined) return { uid: Number(line[2]), gid: Number(line[3] ?? 0), name };
  if (uid === undefined) throw new EngineError("USER_NOT_FOUND", { kind: "user", name: text });
  return { uid, gid: 0 };
}

function findGroup(text: string, lines: readonly string[][]): number {
  const gid = idOf(text);
  const line = lines.find(([name]) => name === text);
  if (line) return Number(line[2]);
  if (gid === undefined) throw new EngineError("USER_NOT_FOUND", { kind: "group", name: text });
  return gid;
}

/** The largest id that runc takes, 2^31 - 1. */
const largestId = 0x7fffffff;

function idOf(text: string): number | undefined {
  if (!/^-?\d+$/.test(text)) return undefined;
  if (Number(text) < 0 || Number(text) > largestId)
    throw invalid("user", `${text}: uids and gids must be in range 0-${largestId}`);
  return Number(text);
}
