import { EngineError } from "../../base/errors.ts";

/** Docker's rule (RestrictedNamePattern of moby); 255 bytes are what a directory's name may have. */
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const nameLimit = 255;

/** Throws VOLUME_REFUSED in Docker's words. */
export function validateVolumeName(name: string): void {
  if (name.length === 1) {
    throw refused(`create ${name}: volume name is too short, names should be at least two alphanumeric characters`);
  }
  if (name.length > nameLimit)
    throw refused(`create ${name.slice(0, 40)}...: volume name is longer than ${nameLimit} bytes`);
  if (namePattern.test(name)) return;
  throw refused(
    `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  );
}

/** The one driver there is. */
export function validateDriver(driver: string): void {
  if (driver !== "" && driver !== "local") throw new EngineError("VOLUME_DRIVER_NOT_FOUND", { driver });
}

const known = ["type", "device", "o"];
/** Options that make the file system themselves, so that a device is not needed. */
const pseudo = ["tmpfs"];

/** Options of the local driver, refused as Docker refuses them. */
export function validateOptions(name: string, options: Readonly<Record<string, string>>): void {
  const keys = Object.keys(options);
  if (keys.length === 0) return;
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw refused(`create ${name}: invalid option: "${unknown}": the local driver knows ${known.join(", ")}`);
  const { type = "", device = "" } = options;
  if (device === "" && !pseudo.includes(type)) throw refused(`create ${name}: missing device in volume options`);
  if (type === "" && !isBind(options)) throw refused(`create ${name}: missing type in volume options`);
}

/** True for a volume that is a directory of the host: type none (or nothing) and o=bind. */
const isBind = ({ o = "" }: Readonly<Record<string, string>>): boolean =>
  o.split(",").some((word) => word === "bind" || word === "rbind");

const refused = (why: string) => new EngineError("VOLUME_REFUSED", { why });
