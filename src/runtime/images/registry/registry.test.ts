import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { parseChallenge } from "./challenge.ts";
import { domainOfServer, endpointsOf } from "./endpoints.ts";
import { Registry } from "./registry.ts";

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

/** A server that notes of each request the path and what it was authorized with. */
async function server(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: string[] = [];
  const http = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization ?? "-"}`);
    answer(request, response);
    response.end();
  }).listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const close = async () => {
    http.closeAllConnections();
    http.close();
    await once(http, "close");
  };
  return { seen, url, [Symbol.asyncDispose]: close };
}

test("IMG-12 credentials reach the registry, and no other host that it names or that asks for them", async () => {
  await using other = await server(({ url }, response) => {
    const realm = `Bearer realm="http://${response.req.headers.host}/token"`;
    if (url === "/greedy") response.writeHead(401, { "WWW-Authenticate": realm });
  });
  await using home = await server(({ url, headers }, response) => {
    if (!headers.authorization) response.writeHead(401, { "WWW-Authenticate": 'Basic realm="r"' });
    else if (url === "/moved") response.writeHead(307, { Location: `${other.url}/stored` });
  });
  const basic = `Basic ${Buffer.from("me:secret").toString("base64")}`;
  const credentials = { username: "me", password: "secret" };
  const options = { credentials, scope: "", signal: new AbortController().signal };
  const registry = new Registry("r.test", { urls: [home.url], insecure: true }, options);
  for (const path of ["/moved", `${home.url}/own`, `${other.url}/upload`])
    (await registry.ask({ method: "GET", path })).resume();
  await assert.rejects(registry.ask({ method: "GET", path: `${other.url}/greedy` }), { code: "REGISTRY_UNAUTHORIZED" });
  assert.deepEqual(home.seen, ["/v2/ -", `/moved ${basic}`, `/own ${basic}`]);
  assert.deepEqual(other.seen, ["/stored -", "/upload -", "/greedy -"]);
});
