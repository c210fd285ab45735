import assert from "node:assert/strict";
import { test } from "node:test";
import { parseChallenge } from "./challenge.ts";
import { domainOfServer, endpointsOf } from "./endpoints.ts";

test("parseChallenge() reads what registries ask with", () => {
  const bearer = 'Bearer realm="https://auth.test/token",service="r.test",scope="repository:a/b:pull,push"';
  assert.deepEqual(parseChallenge(bearer), {
    ...{ scheme: "bearer", realm: "https://auth.test/token", service: "r.test", scope: "repository:a/b:pull,push" },
  });
  assert.equal(parseChallenge('Basic realm="a \\"b\\""')?.realm, 'a "b"');
  assert.deepEqual([parseChallenge(undefined), parseChallenge("Negotiate x")], [undefined, undefined]);
});

const settings = { insecure: ["r.test:5000", "10.0.0.0/8"], mirrors: ["https://mirror.test/"] };
const both = ["127.0.0.1:5000", "localhost:5000", "[::1]:5000", "r.test:5000", "10.1.2.3"];
for (const domain of [...both, "r.test", "11.0.0.1", "ghcr.io"]) {
  test(`endpointsOf() says whether ${domain} needs TLS`, () => {
    const [{ urls, insecure } = { urls: [], insecure: false }] = endpointsOf(domain, settings);
    const expected = both.includes(domain) ? [`https://${domain}`, `http://${domain}`] : [`https://${domain}`];
    assert.deepEqual([urls, insecure], [expected, both.includes(domain)]);
  });
}

test("endpointsOf() asks mirrors before Docker Hub", () => {
  const urls = endpointsOf("docker.io", settings).flatMap((one) => one.urls);
  assert.deepEqual(urls, ["https://mirror.test", "https://registry-1.docker.io"]);
});

test("domainOfServer() knows what docker login calls a registry", () => {
  const names = ["", "https://index.docker.io/v1/", "http://r.test:5000/v2/", "r.test"].map(domainOfServer);
  assert.deepEqual(names, ["docker.io", "docker.io", "r.test:5000", "r.test"]);
  assert.throws(() => domainOfServer("a b"), { code: "INVALID" });
});
