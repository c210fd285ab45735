import type { Container } from "../../../model/container.ts";

/** A container that another one is linked to, under a name. */
export interface Link {
  readonly alias: string;
  readonly target: Container;
  /** Of the target on the default bridge, without its prefix length. */
  readonly address: string;
}

/**
 * The variables that legacy links of the default bridge have always set (Docker: "Legacy container links"): the first
 * port, each exposed port, the link's name, and what the target was given as its own environment.
 */
export function linkEnvironment(parentName: string, links: readonly Link[]): string[] {
  return links.flatMap((link) => {
    const prefix = link.alias.replaceAll("-", "_").toUpperCase();
    const name = `${prefix}_NAME=/${parentName}/${link.alias}`;
    return [...portVariables(prefix, link), name, ...ownVariables(prefix, link.target)];
  });
}

function portVariables(prefix: string, { target, address }: Link): string[] {
  const ports = target.config.exposed.toSorted((a, b) => a.port - b.port || a.protocol.localeCompare(b.protocol));
  const [first] = ports;
  if (!first) return [];
  const url = ({ port, protocol }: typeof first) => `${protocol}://${address}:${port}`;
  const each = ports.flatMap((one) => {
    const name = `${prefix}_PORT_${one.port}_${one.protocol.toUpperCase()}`;
    return [
      `${name}=${url(one)}`,
      `${name}_ADDR=${address}`,
      `${name}_PORT=${one.port}`,
      `${name}_PROTO=${one.protocol}`,
    ];
  });
  return [`${prefix}_PORT=${url(first)}`, ...each];
}

/** But HOME and PATH, which every container has. */
function ownVariables(prefix: string, { config }: Container): string[] {
  return config.env
    .filter((entry) => entry.includes("=") && !/^(HOME|PATH)=/.test(entry))
    .map((entry) => `${prefix}_ENV_${entry}`);
}
