/** How a registry wants to be told who asks (RFC 9110, 11.6.1; distribution's token specification). */
export interface Challenge {
  readonly scheme: "basic" | "bearer";
  readonly realm: string;
  readonly service: string;
  readonly scope: string;
}

/** The first challenge of WWW-Authenticate that is understood. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const [, word = "", rest = ""] = /^\s*(basic|bearer)\s*(.*)$/is.exec(header ?? "") ?? [];
  if (word === "") return undefined;
  const found = [...rest.matchAll(/([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi)];
  const parameters = new Map(
    found.map(([, name = "", quoted, bare]) => [name.toLowerCase(), quoted?.replace(/\\(.)/gs, "$1") ?? bare ?? ""]),
  );
  return {
    scheme: word.toLowerCase() as Challenge["scheme"],
    realm: parameters.get("realm") ?? "",
    service: parameters.get("service") ?? "",
    scope: parameters.get("scope") ?? "",
  };
}
