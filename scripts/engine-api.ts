/** One operation of the Docker Engine API, under the name that its specification gives it. */
export interface Operation {
  readonly name: string;
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  readonly path: string;
}

/** Every operation of the Docker Engine API 1.51 (moby, api/docs/v1.51.yaml), by its tags. */
export const engineApi: Readonly<Record<string, readonly Operation[]>> = {
  Containers: operations(`
    ContainerList GET /containers/json
    ContainerCreate POST /containers/create
    ContainerInspect GET /containers/{id}/json
    ContainerTop GET /containers/{id}/top
    ContainerLogs GET /containers/{id}/logs
    ContainerChanges GET /containers/{id}/changes
    ContainerExport GET /containers/{id}/export
    ContainerStats GET /containers/{id}/stats
    ContainerResize POST /containers/{id}/resize
    ContainerStart POST /containers/{id}/start
    ContainerStop POST /containers/{id}/stop
    ContainerRestart POST /containers/{id}/restart
    ContainerKill POST /containers/{id}/kill
    ContainerUpdate POST /containers/{id}/update
    ContainerRename POST /containers/{id}/rename
    ContainerPause POST /containers/{id}/pause
    ContainerUnpause POST /containers/{id}/unpause
    ContainerAttach POST /containers/{id}/attach
    ContainerAttachWebsocket GET /containers/{id}/attach/ws
    ContainerWait POST /containers/{id}/wait
    ContainerDelete DELETE /containers/{id}
    ContainerArchiveInfo HEAD /containers/{id}/archive
    ContainerArchive GET /containers/{id}/archive
    PutContainerArchive PUT /containers/{id}/archive
    ContainerPrune POST /containers/prune`),
  Exec: operations(`
    ContainerExec POST /containers/{id}/exec
    ExecStart POST /exec/{id}/start
    ExecResize POST /exec/{id}/resize
    ExecInspect GET /exec/{id}/json`),
  Networks: operations(`
    NetworkList GET /networks
    NetworkInspect GET /networks/{id}
    NetworkDelete DELETE /networks/{id}
    NetworkCreate POST /networks/create
    NetworkConnect POST /networks/{id}/connect
    NetworkDisconnect POST /networks/{id}/disconnect
    NetworkPrune POST /networks/prune`),
  Images: operations(`
    ImageList GET /images/json
    ImageCreate POST /images/create
    ImageInspect GET /images/{name}/json
    ImageHistory GET /images/{name}/history
    ImagePush POST /images/{name}/push
    ImageTag POST /images/{name}/tag
    ImageDelete DELETE /images/{name}
    ImageSearch GET /images/search
    ImagePrune POST /images/prune
    ImageCommit POST /commit
    ImageGet GET /images/{name}/get
    ImageGetAll GET /images/get
    ImageLoad POST /images/load
    ImageBuild POST /build
    BuildPrune POST /build/prune
    Session POST /session
    DistributionInspect GET /distribution/{name}/json`),
  Volumes: operations(`
    VolumeList GET /volumes
    VolumeCreate POST /volumes/create
    VolumeInspect GET /volumes/{name}
    VolumeUpdate PUT /volumes/{name}
    VolumeDelete DELETE /volumes/{name}
    VolumePrune POST /volumes/prune`),
  System: operations(`
    SystemPing GET /_ping
    SystemPingHead HEAD /_ping
    SystemVersion GET /version
    SystemInfo GET /info
    SystemEvents GET /events
    SystemDataUsage GET /system/df
    SystemAuth POST /auth`),
  Plugins: operations(`
    PluginList GET /plugins
    GetPluginPrivileges GET /plugins/privileges
    PluginPull POST /plugins/pull
    PluginInspect GET /plugins/{name}/json
    PluginDelete DELETE /plugins/{name}
    PluginEnable POST /plugins/{name}/enable
    PluginDisable POST /plugins/{name}/disable
    PluginUpgrade POST /plugins/{name}/upgrade
    PluginCreate POST /plugins/create
    PluginPush POST /plugins/{name}/push
    PluginSet POST /plugins/{name}/set`),
  Swarm: operations(`
    SwarmInspect GET /swarm
    SwarmInit POST /swarm/init
    SwarmJoin POST /swarm/join
    SwarmLeave POST /swarm/leave
    SwarmUpdate POST /swarm/update
    SwarmUnlockkey GET /swarm/unlockkey
    SwarmUnlock POST /swarm/unlock
    NodeList GET /nodes
    NodeInspect GET /nodes/{id}
    NodeDelete DELETE /nodes/{id}
    NodeUpdate POST /nodes/{id}/update
    ServiceList GET /services
    ServiceCreate POST /services/create
    ServiceInspect GET /services/{id}
    ServiceDelete DELETE /services/{id}
    ServiceUpdate POST /services/{id}/update
    ServiceLogs GET /services/{id}/logs
    TaskList GET /tasks
    TaskInspect GET /tasks/{id}
    TaskLogs GET /tasks/{id}/logs
    SecretList GET /secrets
    SecretCreate POST /secrets/create
    SecretInspect GET /secrets/{id}
    SecretDelete DELETE /secrets/{id}
    SecretUpdate POST /secrets/{id}/update
    ConfigList GET /configs
    ConfigCreate POST /configs/create
    ConfigInspect GET /configs/{id}
    ConfigDelete DELETE /configs/{id}
    ConfigUpdate POST /configs/{id}/update`),
};

function operations(text: string): Operation[] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", method = "", path = ""] = line.trim().split(" ");
      return { name, method: method as Operation["method"], path };
    });
}
