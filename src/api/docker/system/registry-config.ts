import type { DaemonFacts } from "../../parts.ts";

/** What clients call Docker Hub. */
export const indexServerAddress = "https://index.docker.io/v1/";

/** RegistryConfig of GET /info: the daemon's settings about registries, loopback among them. */
export function registryConfig({ insecure, mirrors }: DaemonFacts["registries"]) {
  const isBlock = (one: string) => one.includes("/");
  const hub = { Name: "docker.io", Mirrors: mirrors, Secure: true, Official: true };
  const others = insecure
    .filter((one) => !isBlock(one))
    .map((Name) => [Name, { Name, Mirrors: [], Secure: false, Official: false }] as const);
  return {
    AllowNondistributableArtifactsCIDRs: null,
    AllowNondistributableArtifactsHostnames: null,
    InsecureRegistryCIDRs: ["::1/128", "127.0.0.0/8", ...insecure.filter(isBlock)],
    IndexConfigs: { "docker.io": hub, ...Object.fromEntries(others) },
    Mirrors: mirrors.length > 0 ? mirrors : null,
  };
}
