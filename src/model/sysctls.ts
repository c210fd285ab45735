import type { ContainerConfig } from "./container.ts";

/**
 * Whether a container's sysctls turn IPv6 off at one of the links ("all", "lo"). sysctl(8) separates a key by slashes as well
 * as by dots; a link that has either in its name is not to be asked for here.
 */
export const turnsSixOff = ({ sysctls }: Pick<ContainerConfig, "sysctls">, ...links: ("all" | "lo")[]): boolean =>
  Object.entries(sysctls).some(
    ([key, value]) => value.trim() === "1" && links.some((link) => key.replaceAll("/", ".") === keyOf(link)),
  );

const keyOf = (link: string): string => `net.ipv6.conf.${link}.disable_ipv6`;
