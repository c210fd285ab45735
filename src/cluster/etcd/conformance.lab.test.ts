import { etcdPrograms } from "../../../lab/etcd.ts";
import { etcdConformanceTests } from "../testing/etcd-subject.ts";

etcdConformanceTests(etcdPrograms()[0]);
