"""What test/system/clients/docker-py.test.ts runs: Docker's SDK for Python, against the daemon of DOCKER_HOST."""

import json
import docker

client = docker.from_env()
box = client.containers.run("small:1", ["sleep", "1000"], name="box", detach=True)
lost = []


def expect(what, got, wanted):
    if got != wanted:
        lost.append([what, repr(got)])


both = ["sh", "-c", "echo out; echo err >&2"]
for _ in range(40):
    expect("plain", box.exec_run(["echo", "x"]).output, b"x\n")
for _ in range(20):
    expect("demux", box.exec_run(both, demux=True).output, (b"out\n", b"err\n"))
    expect("tty", box.exec_run(["echo", "x"], tty=True).output, b"x\r\n")
expect("no stderr", box.exec_run(both, stderr=False).output, b"out\n")
expect("no stdout", box.exec_run(both, stdout=False).output, b"err\n")

for _ in range(5):
    expect("run", client.containers.run("small:1", ["echo", "hi"], remove=True), b"hi\n")
    hi = client.containers.create("small:1", ["echo", "hi"])
    attached = hi.attach(stream=True)
    hi.start()
    expect("attach", b"".join(attached), b"hi\n")
    hi.remove()

print(json.dumps(lost))
