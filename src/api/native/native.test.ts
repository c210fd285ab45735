import assert from "node:assert/strict";
import { test } from "node:test";
import { testApi } from "../testing/api.ts";
import { plainConfig, plainSettings } from "../testing/plain.ts";

test("POST /fairlead/repair repairs, or only looks with dry-run", async () => {
  await using api = testApi();
  const look = await api.ask("POST", "/fairlead/repair?dry-run=true");
  const mend = await api.ask("POST", "/fairlead/repair");
  const difference = { problem: "missing", object: "bridge br-0", owner: "network/0", detail: "it is not there" };
  assert.deepEqual(
    [look.body, mend.body],
    [
      { differences: [difference], repaired: false },
      { differences: [difference], repaired: true },
    ],
  );
  assert.deepEqual(api.engine.calls, [
    ["repair", { dryRun: true }],
    ["repair", { dryRun: false }],
  ]);
});

test("POST and DELETE /fairlead/containers/{id}/ports reach the engine with defaults filled in", async () => {
  await using api = testApi();
  const published = await api.ask("POST", "/fairlead/containers/c1/ports", {
    ports: [{ containerPort: 80, hostPort: 8080 }],
  });
  const withdrawn = await api.ask("DELETE", "/fairlead/containers/c1/ports", {
    ports: [{ containerPort: 80, protocol: "udp" }],
  });
  assert.deepEqual(published.body, {
    ports: [{ protocol: "tcp", containerPort: 80, hostPort: 8080, hostIp: "0.0.0.0" }],
  });
  assert.deepEqual(
    [withdrawn.status, api.engine.calls],
    [
      200,
      [
        [
          "containers.publish",
          "c1",
          [{ protocol: "tcp", containerPort: 80, hostIp: "", hostPort: 8080, hostPortEnd: 8080 }],
        ],
        ["containers.withdraw", "c1", [{ containerPort: 80, protocol: "udp" }]],
      ],
    ],
  );
});

const refused: readonly [body: unknown, message: RegExp][] = [
  [{}, /^invalid request: body must have required property 'ports'/],
  [{ ports: [] }, /^invalid request: ports must NOT have fewer than 1 items/],
  [{ ports: [{ containerPort: 0 }] }, /^invalid request: ports\[0\]\.containerPort must be >= 1/],
  [{ ports: [{ containerPort: 80, hostPort: 70_000 }] }, /^invalid request: ports\[0\]\.hostPort must be <= 65535/],
];

for (const [body, message] of refused) {
  test(`POST /fairlead/containers/{id}/ports refuses ${JSON.stringify(body)}`, async () => {
    await using api = testApi();
    const answer = await api.ask("POST", "/fairlead/containers/c1/ports", body);
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, message);
  });
}

test("GET /fairlead/openapi.json describes the own routes by their schemas", async () => {
  await using api = testApi();
  const { body } = await api.ask("GET", "/fairlead/openapi.json");
  const publish = body.paths["/fairlead/containers/{id}/ports"].post;
  assert.deepEqual(
    [body.openapi, Object.keys(body.paths), publish.parameters[0].name, Object.keys(publish.responses)],
    [
      "3.1.0",
      [
        "/fairlead/repair",
        "/fairlead/containers/{id}/ports",
        "/fairlead/hosts",
        "/fairlead/hosts/{reference}",
        "/fairlead/hosts/{reference}/drain",
        "/fairlead/cluster",
        "/fairlead/cluster/rotate-key",
        "/fairlead/reset",
      ],
      "id",
      ["200", "400", "404", "500"],
    ],
  );
  assert.equal(publish.requestBody.content["application/json"].schema.properties.ports.minItems, 1);
});

test("GET /metrics shows interfaces under cAdvisor's names, and Fairlead's own numbers", async () => {
  await using api = testApi();
  const { id } = await api.engine.containers.create({
    name: "c1",
    config: plainConfig,
    endpoints: [{ network: "bridge", settings: plainSettings }],
  });
  await api.ask("POST", "/containers/c1/start");
  await api.ask("DELETE", "/networks/nope");
  const { text, headers } = await api.ask("GET", "/metrics");
  const again = (await api.ask("GET", "/metrics")).text;
  const endpoint = api.engine.endpoints[0]?.id.slice(0, 12);
  assert.match(String(headers["content-type"]), /^text\/plain; version=/);
  for (const line of [
    `container_network_receive_bytes_total{id="${id}",name="c1",image="host",interface="eth0",network="bridge",endpoint="${endpoint}"} 11`,
    `container_network_transmit_packets_total{id="${id}",name="c1",image="host",interface="eth0",network="bridge",endpoint="${endpoint}"} 2`,
    'fairlead_action_duration_seconds_count{action="container_start",outcome="ok"} 1',
    'fairlead_action_duration_seconds_count{action="network_remove",outcome="error"} 1',
    'fairlead_events_total{type="container",action="start"} 1',
    'fairlead_containers{status="running"} 1',
    'fairlead_ipam_addresses{network="bridge",subnet="172.17.0.0/16",state="used"} 3',
    'fairlead_dns_responses_total{source="container",rcode="NOERROR"} 7',
    'fairlead_reconcile_drift_total{problem="missing"} 1',
    "fairlead_cluster_connected 1",
    "fairlead_cluster_fenced 0",
    'fairlead_cluster_hosts{state="live"} 2',
    'fairlead_cluster_hosts{state="unknown"} 1',
    "fairlead_cluster_revision 90",
    "fairlead_cluster_waiting_changes 2",
    "fairlead_cluster_store_away_total 4",
    'fairlead_cluster_remote_addresses{network="wide"} 7',
    "fairlead_cluster_forwarding_programmed_total 12",
    "fairlead_cluster_forwarding_dropped_total 5",
  ]) {
    // Twice: what is read anew must not add up.
    for (const page of [text, again]) assert.ok(page.includes(`${line}\n`), line);
  }
});
