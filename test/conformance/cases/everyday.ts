import { type Area, any, type Case, created, refused, running, type Step } from "../case.ts";

const get = (call: string, gives: number | string, more: object = {}): Step => ({ call, gives, ...more });
const post = (call: string, gives: number | string, more: object = {}): Step => ({
  call: `POST ${call}`,
  gives,
  ...more,
});
const one = (name: string, step: Step, more: Partial<Case> = {}): Case => ({ name, steps: [step], ...more });
const wrong = (name: string, body: object, gives: string, more: Partial<Case> = {}): Case =>
  refused(
    name,
    "POST /containers/create?name=subject",
    { Image: "conformance", Cmd: ["sleep", "9"], ...body },
    gives,
    more,
  );

const containers: Case[] = [
  {
    name: "a paused container stands still until it is thawed",
    differs: ["refusals"],
    steps: [
      ...running("sleeper"),
      post("/containers/sleeper/pause", 204),
      post("/containers/sleeper/pause", "409 Container {sleeper} is already paused"),
      get('GET /containers/json?filters={"status":["paused"]}', 200, { lists: ["sleeper"] }),
      get("GET /containers/sleeper/json", 200, { shows: { State: { Status: "paused", Paused: true, Running: true } } }),
      post("/containers/sleeper/unpause", 204),
      post("/containers/sleeper/unpause", "409 Container {sleeper} is not paused"),
    ],
  },
  {
    name: "an update is told by inspect",
    steps: [
      ...running("subject"),
      post("/containers/subject/update", 200, {
        body: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } },
        shows: { Warnings: any },
      }),
      get("GET /containers/subject/json", 200, {
        shows: { HostConfig: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } } },
      }),
    ],
  },
  {
    name: "a name must be given for a rename, and be another",
    steps: [
      created("subject"),
      post("/containers/subject/rename", "400 either old nor new names may be empty"),
      post("/containers/subject/rename?name=subject", "400 enaming a container with the same name as its current name"),
    ],
  },
  {
    name: "a container that removes itself is gone after its end",
    steps: [
      created("passing", { Cmd: ["true"], HostConfig: { AutoRemove: true } }),
      post("/containers/passing/start", 204),
      post("/containers/passing/wait?condition=removed", 200, { shows: { StatusCode: 0 } }),
      get("GET /containers/passing/json", 404),
    ],
    alone: "20.10 forgets the condition when the container ends before the question",
  },
  {
    name: "prune removes containers that have ended, and names them",
    steps: [
      created("ended", { Cmd: ["true"], Labels: { prune: "me" } }),
      post('/containers/prune?filters={"label":["prune=me"]}', 200, { shows: { ContainersDeleted: ["{ended}"] } }),
    ],
  },
  {
    name: "an update takes the limit of processes away",
    steps: [
      created("subject", { HostConfig: { PidsLimit: 50 } }),
      post("/v1.39/containers/subject/update", 200, { body: { PidsLimit: 16 } }),
      get("GET /containers/subject/json", 200, { shows: { HostConfig: { PidsLimit: 50 } } }),
      post("/containers/subject/update", 200, { body: { PidsLimit: -2 } }),
      get("GET /containers/subject/json", 200, { shows: { HostConfig: { PidsLimit: 0 } } }),
    ],
  },
  {
    name: "a container is made without a limit of processes when the limit is none",
    steps: [
      created("subject", { HostConfig: { PidsLimit: -1 } }),
      get("GET /containers/subject/json", 200, { shows: { HostConfig: { PidsLimit: null } } }),
    ],
  },
  {
    name: "the IPC namespace of what an old client makes can be joined, and another's cannot",
    steps: [
      post("/v1.39/containers/create?name=old", 201, { body: { Image: "conformance", Cmd: ["true"] }, as: "old" }),
      get("GET /containers/old/json", 200, { shows: { HostConfig: { IpcMode: "shareable" } } }),
      ...running("shut"),
      created("subject", { HostConfig: { IpcMode: "container:shut" } }),
      post("/containers/subject/start", "409 non-shareable IPC"),
    ],
    differs: ["refusals"],
  },
  {
    name: "a signal that is none is named",
    steps: [...running("subject"), post("/containers/subject/kill?signal=0", "400 nvalid signal: 0")],
  },
  {
    name: "a path that is not there is looked for before the archive is",
    steps: [
      created("subject"),
      { call: "PUT /containers/subject/archive?path=/nosuch", gives: 404 },
      { call: "PUT /containers/subject/archive?path=/bin/busybox/", gives: "400 not a directory" },
      { call: "PUT /containers/subject/archive?path=/bin", gives: 200 },
    ],
    differs: ["refusals"],
  },
  {
    name: "a command of one empty word is made, and does not start",
    steps: [created("subject", { Cmd: [""] }), post("/containers/subject/start", 400)],
  },
  {
    name: "log options go over those of the daemon's own driver",
    steps: [
      created("subject", { HostConfig: { LogConfig: { Config: { "max-file": "42" } } } }),
      get("GET /containers/subject/json", 200, {
        shows: { HostConfig: { LogConfig: { Type: "json-file", Config: { "max-file": "42" } } } },
      }),
    ],
  },
  {
    name: "containers are found by a part of their network's id",
    steps: [
      { call: "POST /networks/create", body: { Name: "parted" }, as: "parted", gives: 201 },
      ...running("subject", { HostConfig: { NetworkMode: "parted" } }),
      get('GET /containers/json?all=1&filters={"network":["{parted:4}"]}', 200, { lists: ["subject"] }),
    ],
  },
  {
    name: "a volume at /etc has the container's files, too",
    steps: [
      ...running("subject", { Volumes: { "/etc": {} } }),
      { in: "subject", run: "cat /etc/hosts", prints: "localhost" },
    ],
  },
  {
    name: "an exec that was not started is gone when its container has ended",
    steps: [
      ...running("subject"),
      post("/containers/subject/exec", 201, { body: { Cmd: ["true"] }, as: "late" }),
      post("/containers/subject/stop", 204),
      post("/exec/{late}/start", 404, { body: {} }),
    ],
  },
  wrong(
    "an unknown log option is refused, whatever the driver",
    { HostConfig: { LogConfig: { Config: { odd: "1" } } } },
    "400 unknown log opt 'odd' for json-file",
  ),
  wrong(
    "a score out of range is refused",
    { HostConfig: { OomScoreAdj: 1001 } },
    "400 Invalid value 1001, range for oom score adj is [-1000, 1000]",
  ),
  wrong("an environment without a name is refused", { Env: ["=x"] }, "400 invalid environment variable: =x"),
  wrong(
    "a link to a container that is not there is refused",
    { HostConfig: { Links: ["nosuch"] } },
    "400 could not get container for nosuch",
  ),
  wrong(
    "an unknown restart policy is refused",
    { HostConfig: { RestartPolicy: { Name: "nosuch" } } },
    "400 invalid restart policy...nosuch",
  ),
  wrong(
    "a container is not removed and restarted at once",
    { HostConfig: { AutoRemove: true, RestartPolicy: { Name: "always" } } },
    "400 can't create 'AutoRemove' container with restart policy",
  ),
  wrong(
    "a limit below what a container needs is refused",
    { HostConfig: { Memory: 1000 } },
    "400 Minimum memory limit allowed is 6MB",
  ),
  wrong(
    "a volume's place is an absolute path",
    { HostConfig: { Binds: ["v:relative"] } },
    "400 invalid mount path: 'relative' mount path must be absolute",
    { differs: ["refusals"] },
  ),
  wrong(
    "an unknown capability is refused",
    { HostConfig: { CapAdd: ["NOSUCH"] } },
    '400 invalid CapAdd: unknown capability: "CAP_NOSUCH"',
  ),
  wrong(
    "an unknown capability is not dropped, either",
    { HostConfig: { CapDrop: ["cap_nosuch"] } },
    '400 invalid CapDrop: unknown capability: "CAP_NOSUCH"',
  ),
  wrong("an unknown stop signal is refused", { StopSignal: "NOSUCH" }, "400 nvalid signal...NOSUCH"),
];

const volumes: Case[] = [
  {
    name: "a volume is made, shown, listed and removed",
    steps: [
      post("/volumes/create", 201, {
        body: { Name: "vol", Labels: { a: "b" } },
        shows: {
          Name: "vol",
          Driver: "local",
          Scope: "local",
          Labels: { a: "b" },
          Options: null,
          Mountpoint: "/.../_data",
          CreatedAt: any,
        },
      }),
      get("GET /volumes/vol", 200, { shows: { Name: "vol", Labels: { a: "b" } } }),
      get('GET /volumes?filters={"name":["vol"]}', 200, { shows: { Volumes: [{ Name: "vol" }] } }),
      { call: "DELETE /volumes/vol", gives: 204, shows: "" },
      get("GET /volumes/vol", 404),
    ],
  },
  one(
    "a volume made twice is the same",
    post("/volumes/create", 201, { body: { Name: "twice" }, shows: { Name: "twice" } }),
  ),
  refused(
    "a volume's name has rules",
    "POST /volumes/create",
    { Name: "v/v" },
    '400 "v/v" includes invalid characters for a local volume name',
  ),
  refused(
    "an unknown volume driver is not found",
    "POST /volumes/create",
    { Name: "vd", Driver: "nosuch" },
    "404 error looking up volume plugin nosuch",
    {
      alone: "20.10 looks for a plugin for fifteen seconds",
    },
  ),
  one("removing what is no volume is not found", {
    call: "DELETE /volumes/nosuch",
    gives: "404 get nosuch: no such volume",
  }),
  one("a filter that takes yes or no takes nothing else", get('GET /volumes?filters={"dangling":["odd"]}', 400)),
  {
    name: "a volume in use is not removed",
    steps: [
      post("/volumes/create", 201, { body: { Name: "used" } }),
      created("user", { HostConfig: { Binds: ["used:/data"] } }),
      { call: "DELETE /volumes/used", gives: "409 volume is in use" },
    ],
  },
];

const images: Case[] = [
  {
    name: "an image gets a second name, which goes again",
    steps: [
      post("/images/conformance/tag?repo=other&tag=one", 201),
      get("GET /images/other:one/json", 200, {
        shows: { RepoTags: any, Id: "sha256:{id}", Os: "linux", Architecture: "amd64" },
      }),
      { call: "DELETE /images/other:one", gives: 200, shows: [{ Untagged: "other:one" }] },
      get("GET /images/other:one/json", 404),
    ],
  },
  one(
    "a name like a digest is refused",
    post("/images/conformance/tag?repo=sha256&tag=sometag", "400 refusing to create an ambiguous tag using digest"),
  ),
  one("an image's name is not blank", { call: "DELETE /images/%20", gives: "400 image name cannot be blank" }),
  one(
    "an unknown platform is refused",
    post("/images/create?fromImage=nosuch&tag=1&platform=foobar", "400 unknown operating system or architecture"),
  ),
  {
    name: "changes of a commit may speak of variables",
    steps: [
      created("subject", { Env: ["P=/bin"] }),
      post("/commit?container=subject&repo=committed&changes=ENV+P=/usr/bin:$P", 201, { body: {} }),
      get("GET /images/committed/json", 200, { shows: { Config: { Env: ["P=/usr/bin:/bin"] } } }),
      { call: "DELETE /images/committed", gives: 200 },
    ],
  },
  one("removing what is no image is not found", { call: "DELETE /images/nosuch", gives: "404 No such image: nosuch" }),
  one(
    "images are listed",
    get("GET /v1.41/images/json", 200, {
      shows: [{ Id: "sha256:{id}", RepoTags: ["conformance:latest"], Created: any, Size: any, Containers: -1 }],
    }),
  ),
  one("plugins are listed", get("GET /plugins", 200, { shows: [] })),
];

export const everyday: Area = { title: "everyday life", cases: [...containers, ...volumes, ...images] };
