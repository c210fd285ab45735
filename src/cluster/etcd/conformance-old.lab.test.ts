import { etcdPrograms } from "../../../lab/etcd.ts";
import { etcdConformanceTests } from "../testing/etcd-subject.ts";

// Debian 12's etcd: older than what users are told to have, and what many do have.
etcdConformanceTests(etcdPrograms()[1]);
