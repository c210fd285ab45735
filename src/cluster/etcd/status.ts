import type { StoreStatus } from "../../contracts/cluster-store.ts";
import { explain } from "./failure.ts";
import { type Member, methods, type StatusResponse } from "./protocol.ts";
import type { Transport } from "./transport.ts";
import { versionWarnings } from "./versions.ts";

/** etcd's default of --quota-backend-bytes; 3.6 says what is configured. */
const defaultQuotaBytes = 2 * 1024 ** 3;
/** From here on it is time to do something. */
const fullFrom = 0.8;

interface Answer {
  readonly endpoint: string;
  readonly status?: StatusResponse;
  /** Why there is none. */
  readonly why?: string;
}

/** Asks every endpoint. Throws EtcdFailure when none answers. */
export async function readStatus(transport: Transport): Promise<StoreStatus> {
  const any = await transport.call(methods.status, {}, { repeatable: true, anyMember: true });
  const { members } = await transport.call(methods.memberList, {}, { repeatable: true, anyMember: true });
  const answers = await Promise.all(transport.endpoints.map((endpoint) => ask(transport, endpoint)));
  return describe(any, members, answers);
}

async function ask(transport: Transport, endpoint: string): Promise<Answer> {
  try {
    return { endpoint, status: await transport.callAt(endpoint, methods.status, {}) };
  } catch (error) {
    return { endpoint, why: explain(error).message };
  }
}

/** `any`: of a member that answers. */
export function describe(any: StatusResponse, members: readonly Member[], answers: readonly Answer[]): StoreStatus {
  const statuses = answers.flatMap(({ status }) => status ?? []);
  return {
    version: `etcd ${any.version}`,
    members: members.map((member) => ({
      name: member.name || "(not started)",
      endpoint: endpointOf(member, answers),
      leader: member.ID === any.leader,
    })),
    warnings: [...new Set([...answers.flatMap(warningsOf), ...learners(members), ...noLeader(any, statuses)])],
    revision: any.header.revision,
  };
}

/** As we reach it, otherwise as it says itself. */
function endpointOf({ ID, clientURLs }: Member, answers: readonly Answer[]): string {
  const answer = answers.find(({ status }) => status?.header.member_id === ID);
  return answer?.endpoint ?? clientURLs[0]?.replace(/^https?:\/\//, "") ?? "";
}

function warningsOf({ endpoint, status, why }: Answer): string[] {
  if (!status) return [`The member at ${endpoint} does not answer (${why}).`];
  return [...versionWarnings(status.version), ...sizeWarnings(endpoint, status), ...alarms(endpoint, status)];
}

function sizeWarnings(endpoint: string, { dbSize, dbSizeInUse, dbSizeQuota }: StatusResponse): string[] {
  const quota = dbSizeQuota || defaultQuotaBytes;
  if (dbSize < quota * fullFrom) return [];
  const share = `${mebibytes(dbSize)} of ${mebibytes(quota)}${dbSizeQuota ? "" : " (the default quota)"}`;
  const remedy =
    dbSizeInUse < dbSize / 2
      ? `only ${mebibytes(dbSizeInUse)} are in use: defragment it`
      : "compact and defragment it, or raise --quota-backend-bytes";
  return [`The database of the member at ${endpoint} is almost full, ${share}: ${remedy}.`];
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;

/** etcd puts alarms into words such as "memberID:10501334649042878790 alarm:NOSPACE ". */
function alarms(endpoint: string, { errors }: StatusResponse): string[] {
  const text = errors.join(" ");
  const remedies = {
    NOSPACE: "its database is full and takes no writes: compact and defragment it, then disarm the alarm",
    CORRUPT: "its data differs from that of other members: remove it from the cluster and add it anew",
  };
  return Object.entries(remedies)
    .filter(([alarm]) => text.includes(alarm))
    .map(([alarm, remedy]) => `The member at ${endpoint} has the alarm ${alarm}: ${remedy}.`);
}

const learners = (members: readonly Member[]): string[] =>
  members
    .filter(({ isLearner }) => isLearner)
    .map(({ name }) => `Member ${name} is a learner: it has no vote and serves nobody until it is promoted.`);

function noLeader(any: StatusResponse, statuses: readonly StatusResponse[]): string[] {
  if (any.leader !== 0 && statuses.every(({ leader }) => leader !== 0)) return [];
  return ["A member has no leader: too few of its members reach each other, so nothing can be written there."];
}
