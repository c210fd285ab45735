import { after, test } from "node:test";
import { ConsulServer, lacksConsul } from "../../../lab/consul.ts";
import { outageTests } from "../testing/outage-tests.ts";
import { subjectOf } from "./testing/subject.ts";

if (lacksConsul) {
  test("Consul: outages", { skip: lacksConsul });
} else {
  const server = await ConsulServer.start();
  after(() => server[Symbol.asyncDispose]());
  outageTests(subjectOf(server));
}
