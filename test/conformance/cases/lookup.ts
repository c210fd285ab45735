import { type Area, type Case, created, network, refused, running } from "../case.ts";

const list = (filters: object) => `GET /networks?filters=${JSON.stringify(filters)}`;
/** Only what this case made: others' networks may be there, too. */
const labelled = (filters: object) => list({ label: ["case"], ...filters });
const mine = { Labels: { case: "" } };

const inspecting: Case[] = [
  {
    name: "a network is found by id, by name and by the beginning of its id",
    moby: ["common 1.27"],
    steps: [
      network("findme", 11),
      { call: "GET /networks/{findme}", gives: 200, shows: { Name: "findme" } },
      { call: "GET /networks/findme", gives: 200, shows: { Id: "{findme}" } },
      { call: "GET /networks/{findme:12}", gives: 200, shows: { Id: "{findme}" } },
      { call: "GET /networks/{findme:20}", gives: 200, shows: { Id: "{findme}" } },
    ],
  },
  refused("what is no network is not found", "GET /networks/nosuch", undefined, "404 network nosuch not found", {
    moby: ["common 1.29"],
  }),
  refused(
    "an id that no network has is not found",
    "GET /networks/0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123",
    undefined,
    "404 not found",
    { moby: ["common 1.29"] },
  ),
  refused("names are told apart by case", "GET /networks/Bridge", undefined, "404 network Bridge not found"),
  {
    name: "a name that is the beginning of another network's id names its own network",
    moby: ["common 1.32"],
    steps: [
      network("other", 12),
      { call: "POST /networks/create", body: { Name: "{other:12}" }, as: "named", gives: 201 },
      { call: "GET /networks/{other:12}", gives: 200, shows: { Id: "{named}" } },
      { call: "GET /networks/{other:13}", gives: 200, shows: { Id: "{other}" } },
    ],
  },
  {
    name: "a name that is another network's whole id names that network",
    steps: [
      network("other", 13),
      { call: "POST /networks/create", body: { Name: "{other}" }, as: "named", gives: 201 },
      { call: "GET /networks/{other}", gives: 200, shows: { Name: "other" } },
    ],
  },
  {
    name: "the beginning of two ids is ambiguous",
    moby: ["common 1.30", "common 1.31"],
    steps: [
      ...Array.from({ length: 17 }, (_, index) => network(`pre${index}`, 100 + index, { ConfigOnly: true })),
      // Among seventeen ids two begin with the same digit; which, the engine tells.
      { call: "GET /networks/{shared}", gives: "400 is ambiguous" },
    ],
  },
  {
    name: "a network of another scope than asked for is not found",
    steps: [
      network("local", 14),
      { call: "GET /networks/local?scope=local", gives: 200, shows: { Name: "local" } },
      { call: "GET /networks/local?scope=swarm", gives: "404 network local not found" },
    ],
  },
  {
    name: "verbose inspect of a network without services is the plain one",
    differs: ["gateway-shown"],
    steps: [network("wordy", 15), { call: "GET /v1.41/networks/wordy?verbose=true", gives: 200, alike: "values" }],
  },
  refused("verbose is true or false", "GET /networks/bridge?verbose=maybe", undefined, "400 maybe"),
  ...["bridge", "host", "none"].map(
    (name): Case => ({
      name: `${name} is there, with its driver`,
      differs: name === "bridge" ? ["default-bridge"] : ["no-pools"],
      steps: [
        { call: `GET /v1.41/networks/${name}`, gives: 200, shows: { Name: name, Scope: "local" }, alike: "shape" },
      ],
    }),
  ),
];

const listing: Case[] = [
  {
    name: "a list has every network once",
    steps: [
      network("one", 21, mine),
      network("two", 22, mine),
      { call: labelled({}), gives: 200, lists: ["one", "two"] },
    ],
  },
  {
    name: "builtin networks are bridge, host and none",
    moby: ["common 1.33", "common 1.34"],
    steps: [
      network("made", 23, mine),
      { call: list({ type: ["builtin"] }), gives: 200, lists: ["bridge", "host", "none"] },
      { call: labelled({ type: ["custom"] }), gives: 200, lists: ["made"] },
    ],
  },
  {
    name: "both types are all networks",
    moby: ["common 1.38"],
    differs: ["both-types"],
    alone: "its answer depends on chance",
    steps: [{ call: list({ type: ["builtin", "custom"] }), gives: 200, lists: ["bridge", "host", "none"] }],
  },
  {
    name: "driver= takes whole names, several are alternatives",
    steps: [
      network("made", 24, mine),
      { call: list({ driver: ["host", "null"] }), gives: 200, lists: ["host", "none"] },
      { call: list({ driver: ["hos"] }), gives: 200, lists: [] },
      { call: labelled({ driver: ["bridge"] }), gives: 200, lists: ["made"] },
    ],
  },
  {
    name: "name= takes parts of names, id= parts of ids",
    steps: [
      network("blue-one", 25, mine),
      network("blue-two", 26, mine),
      network("red", 27, mine),
      { call: labelled({ name: ["blue"] }), gives: 200, lists: ["blue-one", "blue-two"] },
      { call: labelled({ name: ["two", "red"] }), gives: 200, lists: ["blue-two", "red"] },
      { call: labelled({ id: ["{red:12}"] }), gives: 200, lists: ["red"] },
      { call: labelled({ id: ["{red}", "{blue-one}"] }), gives: 200, lists: ["red", "blue-one"] },
    ],
  },
  {
    name: "label= takes names and pairs, all of which must be there",
    steps: [
      network("a", 28, { Labels: { case: "1", a: "x" } }),
      network("b", 29, { Labels: { case: "1", a: "y" } }),
      { call: list({ label: ["case"] }), gives: 200, lists: ["a", "b"] },
      { call: list({ label: ["case=1", "a=x"] }), gives: 200, lists: ["a"] },
      { call: list({ label: ["case=2"] }), gives: 200, lists: [] },
      { call: list({ label: ["a"], name: ["b"], type: ["custom"] }), gives: 200, lists: ["b"] },
    ],
  },
  {
    name: "scope= takes whole words",
    steps: [
      network("made", 30, mine),
      { call: labelled({ scope: ["local"] }), gives: 200, lists: ["made"] },
      { call: labelled({ scope: ["global"] }), gives: 200, lists: [] },
      { call: labelled({ scope: ["nosuch"] }), gives: 200, lists: [] },
    ],
  },
  {
    name: "dangling= tells networks that no running container is on from the others",
    moby: ["common 1.39", "common 1.40"],
    differs: ["dangling-running"],
    steps: [
      network("idle", 31, mine),
      network("busy", 32, mine),
      ...running("worker", { HostConfig: { NetworkMode: "busy" } }),
      { call: labelled({ dangling: ["true"] }), gives: 200, lists: ["idle"] },
      { call: labelled({ dangling: ["1"] }), gives: 200, lists: ["idle"] },
      { call: labelled({ dangling: ["false"] }), gives: 200, lists: ["busy"] },
      { call: list({ dangling: ["false"], type: ["builtin"] }), gives: 200, lists: ["bridge", "host", "none"] },
    ],
  },
  {
    name: "the old form of filters is understood",
    steps: [
      network("old", 33, mine),
      { call: 'GET /networks?filters={"label":{"case":true}}', gives: 200, lists: ["old"] },
    ],
  },
  refused("an unknown filter is refused", list({ nosuch: ["a"] }), undefined, "400 nvalid filter 'nosuch'", {
    moby: ["common 1.35"],
  }),
  refused("until is no filter of lists", list({ until: ["1h"] }), undefined, "400 nvalid filter 'until'"),
  refused("an unknown type is refused", list({ type: ["nosuch"] }), undefined, "400 nosuch", {
    moby: ["common 1.35"],
    differs: ["filter-values"],
  }),
  refused("dangling is true or false", list({ dangling: ["maybe"] }), undefined, "400 dangling", {
    moby: ["common 1.35"],
  }),
  refused("dangling is one value", list({ dangling: ["true", "false"] }), undefined, "400 dangling"),
  refused("filters are JSON", "GET /networks?filters=bad", undefined, "400 ", { differs: ["filter-values"] }),
  refused("a filter's values are a list", 'GET /networks?filters={"type":"custom"}', undefined, "400 ", {
    differs: ["filter-values"],
  }),
  {
    name: "a list shows no containers, inspect does",
    steps: [
      network("busy", 34, mine),
      ...running("worker", { HostConfig: { NetworkMode: "busy" } }),
      { call: labelled({}), gives: 200, shows: [{ Name: "busy", Containers: {} }] },
      {
        call: "GET /v1.41/networks/busy",
        gives: 200,
        shows: {
          Containers: {
            "{worker}": {
              ...{ Name: "worker", EndpointID: "{id}", MacAddress: "{mac}", IPv4Address: "10.34.0.2/24" },
              IPv6Address: "",
            },
          },
        },
      },
    ],
  },
  {
    name: "a list shows containers below API 1.28",
    steps: [
      network("busy", 35, mine),
      ...running("worker", { HostConfig: { NetworkMode: "busy" } }),
      {
        call: `GET /v1.27/networks?filters=${JSON.stringify({ label: ["case"] })}`,
        gives: 200,
        shows: [{ Containers: { "{worker}": { Name: "worker", IPv4Address: "10.35.0.2/24" } } }],
      },
    ],
  },
];

const removing: Case[] = [
  ...["bridge", "host", "none"].map(
    (name): Case => ({
      name: `${name} is not removed`,
      moby: ["common 1.6"],
      steps: [
        { call: `DELETE /networks/${name}`, gives: `403 ${name} is a pre-defined network and cannot be removed` },
        { call: list({ driver: [name === "none" ? "null" : name], type: ["builtin"] }), gives: 200, lists: [name] },
      ],
    }),
  ),
  refused(
    "removing what is no network is not found",
    "DELETE /networks/nosuch",
    undefined,
    "404 network nosuch not found",
  ),
  {
    name: "removing answers 204 without a body, and the second time 404",
    steps: [
      network("gone", 41),
      { call: "DELETE /networks/{gone}", gives: 204, shows: "" },
      { call: "DELETE /networks/{gone}", gives: "404 not found" },
    ],
  },
  {
    name: "a network with a running container is not removed",
    moby: ["common 1.8"],
    steps: [
      network("busy", 42, mine),
      ...running("worker", { HostConfig: { NetworkMode: "busy" } }),
      { call: "DELETE /networks/busy", gives: "403 error while removing network: network busy...has active endpoints" },
      { call: labelled({}), gives: 200, lists: ["busy"] },
    ],
  },
  {
    name: "a network with a stopped container is removed, and that does not start again",
    steps: [
      network("busy", 43),
      ...running("worker", { HostConfig: { NetworkMode: "busy" } }),
      { call: "POST /containers/worker/kill", gives: 204 },
      { call: "POST /containers/worker/wait", gives: 200 },
      { call: "DELETE /networks/busy", gives: 204 },
      { call: "POST /containers/worker/start", gives: "404 network ... not found" },
    ],
  },
  {
    name: "prune removes what no running container is on, and names it",
    moby: ["common 1.41"],
    steps: [
      network("idle", 44, mine),
      network("busy", 45, mine),
      network("kept", 46, { ...mine, ConfigOnly: true }),
      ...running("worker", { HostConfig: { NetworkMode: "busy" } }),
      { call: "POST /networks/prune", gives: 200, shows: { NetworksDeleted: ["idle"] } },
      { call: labelled({}), gives: 200, lists: ["busy", "kept"] },
    ],
  },
  {
    name: "prune keeps what a stopped container needs to start again",
    differs: ["prune-stopped"],
    steps: [
      network("needed", 49, mine),
      created("sleeper", { HostConfig: { NetworkMode: "needed" } }),
      { call: "POST /networks/prune", gives: 200, shows: { NetworksDeleted: null } },
      { call: "POST /containers/sleeper/start", gives: 204 },
    ],
  },
  {
    name: "prune keeps to its filters",
    steps: [
      network("a", 47, { Labels: { case: "1", keep: "" } }),
      network("b", 48, { Labels: { case: "1" } }),
      {
        call: 'POST /networks/prune?filters={"label":["case"],"label!":["keep"]}',
        gives: 200,
        shows: { NetworksDeleted: ["b"] },
      },
      { call: 'POST /networks/prune?filters={"label":["nosuch"]}', gives: 200, shows: { NetworksDeleted: null } },
      {
        call: 'POST /networks/prune?filters={"label":["case"],"until":["24h"]}',
        gives: 200,
        shows: { NetworksDeleted: null },
      },
      { call: list({ label: ["case"] }), gives: 200, lists: ["a"] },
    ],
  },
  refused(
    "prune refuses unknown filters",
    'POST /networks/prune?filters={"dangling":["true"]}',
    undefined,
    "400 nvalid filter 'dangling'",
  ),
  refused("prune's until is a time", 'POST /networks/prune?filters={"until":["soon"]}', undefined, "400 soon", {
    differs: ["filter-values"],
  }),
];

const events: Case[] = [
  {
    name: "making and removing a network are events",
    steps: [
      network("told", 51),
      { call: "DELETE /networks/told", gives: 204 },
      {
        events: { type: ["network"], network: ["{told}"] },
        gives: ["network create {told} name=told type=bridge", "network destroy {told} name=told type=bridge"],
      },
    ],
  },
  {
    name: "connecting and disconnecting are events of the network, with the container",
    differs: ["events-twice"],
    steps: [
      network("told", 52),
      ...running("worker"),
      { call: "POST /networks/told/connect", body: { Container: "worker" }, gives: 200 },
      { call: "POST /networks/told/disconnect", body: { Container: "worker" }, gives: 200 },
      {
        events: { network: ["{told}"] },
        gives: [
          "network create {told} name=told type=bridge",
          "network connect {told} container={worker} name=told type=bridge",
          "network disconnect {told} container={worker} name=told type=bridge",
        ],
      },
    ],
  },
  {
    name: "a container's start connects it, its end disconnects it",
    steps: [
      network("told", 53),
      ...running("worker", { HostConfig: { NetworkMode: "told" } }),
      { call: "POST /containers/worker/kill", gives: 204 },
      { call: "POST /containers/worker/wait", gives: 200 },
      { call: "DELETE /containers/worker", gives: 204 },
      {
        events: { type: ["network"], network: ["{told}"] },
        gives: [
          "network create {told} name=told type=bridge",
          "network connect {told} container={worker} name=told type=bridge",
          "network disconnect {told} container={worker} name=told type=bridge",
        ],
      },
    ],
  },
  {
    name: "container= finds the container's own events only, and the past is told up to a time",
    steps: [
      network("told", 56),
      ...running("worker", { HostConfig: { NetworkMode: "told" } }),
      {
        events: { type: ["network"], container: ["{worker}"] },
        gives: [],
      },
    ],
  },
  {
    name: "prune is an event, and so is each network it removes",
    steps: [
      network("told", 54, { Labels: { prune: "events" } }),
      {
        call: 'POST /networks/prune?filters={"label":["prune=events"]}',
        gives: 200,
        shows: { NetworksDeleted: ["told"] },
      },
      {
        events: { type: ["network"] },
        gives: [
          "network create {told} name=told type=bridge",
          "network destroy {told} name=told type=bridge",
          "network prune  reclaimed=0",
        ],
      },
    ],
  },
  {
    name: "an event has Docker's fields",
    steps: [
      network("told", 55),
      {
        call: 'GET /v1.41/events?since=1&until=2&filters={"network":["told"]}',
        gives: 200,
        shows: "",
      },
    ],
  },
  refused(
    "an event's filter must be known",
    'GET /events?filters={"nosuch":["a"]}&until=1',
    undefined,
    "400 nvalid filter 'nosuch'",
    { differs: ["events-filters"] },
  ),
  {
    name: "since behind until is refused",
    steps: [{ call: "GET /events?since=200&until=100", gives: "400 `since` time ... cannot be after `until` time" }],
  },
  refused("since is a time", "GET /events?since=yesterday&until=1", undefined, "400 yesterday", {
    differs: ["filter-values"],
  }),
];

export const lookup: Area = {
  title: "looking networks up",
  cases: [...inspecting, ...listing, ...removing, ...events],
};
