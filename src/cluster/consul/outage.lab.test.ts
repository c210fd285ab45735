import { after, test } from "node:test";
import { outageTests } from "../testing/outage-tests.ts";
import { ConsulServer, lacksConsul } from "./testing/server.ts";
import { subjectOf } from "./testing/subject.ts";

if (lacksConsul) {
  test("Consul: outages", { skip: lacksConsul });
} else {
  const server = await ConsulServer.start();
  after(() => server[Symbol.asyncDispose]());
  outageTests(subjectOf(server));
}
