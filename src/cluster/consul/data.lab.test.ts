import { after, test } from "node:test";
import { ConsulServer, lacksConsul } from "../../../lab/consul.ts";
import { dataTests } from "../testing/data-tests.ts";
import { followTests } from "../testing/follow-tests.ts";
import { subjectOf } from "./testing/subject.ts";

if (lacksConsul) {
  test("Consul: data and news", { skip: lacksConsul });
} else {
  const server = await ConsulServer.start();
  after(() => server[Symbol.asyncDispose]());
  dataTests(subjectOf(server));
  followTests(subjectOf(server));
}
