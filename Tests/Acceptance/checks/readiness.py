"""Whether requests are decided as they should be: readiness, status, and the end of the gateway."""
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time

from context import Context, delivered, free_port
from own import own
from report import Group, equal, holds
from upstream import written

check = Group("readiness")
TEXT = "An answer that goes on for a while, so that somebody may end the gateway before it has come to its end. " * 4


def charter(context: Context, *arguments: str, environment: dict | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([str(context.binary), *arguments], capture_output=True, text=True, timeout=30,
                          env=os.environ | (environment or {}))


@check("readiness names no key and no line, and is told without a key")
def _(context):
    files = own(context, "readiness own")
    code, ready = files.ready()
    equal((code, ready), (200, {"status": "ready", "generation": 1, "not_in_force": []}))
    equal(files.gateway.request("HEAD", "/readyz").status, 200)


@check("status shows an operator what is its own, and nothing of another's")
def _(context):
    files = own(context, "readiness status")
    status = files.status("studio")
    holds({"operator", "policy", "charter", "generation", "since", "sources", "modes", "upstreams"} <= set(status), f"{set(status)}")
    equal((status["operator"], status["in_force"], status["cautious"], status["modes"]), ("studio", True, False, []))
    kinds = {one["kind"]: one for one in status["sources"]}
    equal(set(kinds), {"settings", "charter", "patterns", "replies", "phrases", "layer"})
    equal({kind: one["state"] for kind, one in kinds.items() if kind != "phrases"},
          dict.fromkeys(("settings", "charter", "patterns", "replies", "layer"), "in force"))
    equal((kinds["phrases"]["state"], kinds["phrases"]["digest"]), ("absent", None))
    holds(all(one["digest"].startswith("sha256:") for kind, one in kinds.items() if kind != "phrases"), f"{kinds}")
    holds("shop" not in json.dumps(status) and "key-studio" not in json.dumps(status), f"{status}")
    policy = files.gateway.request("GET", "/charter/v1/matrix", key="key-studio").json["policy"]
    equal(status["policy"], policy)
    for key in (None, "key-nobody"):
        equal(files.gateway.request("GET", "/charter/v1/status", key=key).status, 401)


@check("`charter status` shows it to people and programs; 0 fine, 1 something is not in force, 3 nothing answers")
def _(context):
    files = own(context, "readiness status")
    shown = charter(context, "status", files.gateway.url, "--key", "key-studio")
    equal((shown.returncode, shown.stderr), (0, ""))
    holds("studio.yaml" in shown.stdout and "in force" in shown.stdout and "shop" not in shown.stdout, shown.stdout)
    read = charter(context, "status", files.gateway.url, "--format", "json", environment={"CHARTER_KEY": "key-studio"})
    equal(json.loads(read.stdout)["operator"], "studio")
    good = files.read("studio.yaml")
    files.write("studio.yaml", "layer: [")
    context.within(3, lambda: not files.status("studio")["in_force"], "broken")
    shown = charter(context, "status", files.gateway.url, "--key", "key-studio")
    equal(shown.returncode, 1)
    holds("stale" in shown.stdout, shown.stdout)
    files.write("studio.yaml", good)
    equal(charter(context, "status", files.gateway.url, "--key", "wrong").returncode, 3)
    equal(charter(context, "status", f"http://127.0.0.1:{free_port()}").returncode, 3)
    equal(charter(context, "status", "localhost").returncode, 2)


@check("SIGTERM lets a stream end, and nobody new in")
def _(context):
    files = own(context, "readiness drain", drain=20)
    stream = files.gateway.client("key-shop").chat.completions.create(
        model="m", stream=True, messages=[{"role": "user", "content": "Hello."}],
        extra_body={"script": written(text=TEXT, every=8, stall=[5, 1.5])})
    chunks = iter(stream)
    next(chunks)
    files.gateway.process.send_signal(signal.SIGTERM)
    context.within(1, lambda: refused(files.gateway.port), "the port is closed")
    answer = delivered(chunks)[0]
    equal((TEXT.endswith(answer["content"]), answer["finish"]), (True, "stop"))
    equal(files.gateway.process.wait(5), 0)


@check("an idle connection does not keep the gateway from ending")
def _(context):
    files = own(context, "readiness idle", drain=20)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", files.gateway.port, timeout=5)) as connection:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        began = time.monotonic()
        files.gateway.process.send_signal(signal.SIGTERM)
        equal(files.gateway.process.wait(5), 0)
        holds(time.monotonic() - began < 3, "it waited")


@check("a stream that does not end within `drain` is cut, and the exit code is 0 all the same")
def _(context):
    files = own(context, "readiness cut", drain=1)
    stream = files.gateway.client("key-shop").chat.completions.create(
        model="m", stream=True, messages=[{"role": "user", "content": "Hello."}],
        extra_body={"script": written(text=TEXT, every=8, stall=[5, 15])})
    chunks = iter(stream)
    next(chunks)
    seen = context.upstream.seen[-1]
    began = time.monotonic()
    files.gateway.process.send_signal(signal.SIGTERM)
    failed = threading.Event()

    def read():
        try:
            delivered(chunks)
        except Exception:  # noqa: BLE001: whatever it is, it is no end of an answer
            failed.set()
    reader = threading.Thread(target=read)
    reader.start()
    equal(files.gateway.process.wait(8), 0)
    took = time.monotonic() - began
    holds(0.9 < took < 5, f"{took:.1f} s")
    reader.join(5)
    holds(failed.is_set(), "the client took it for a whole answer")
    context.within(3, lambda: seen.closed is not None, "the upstream is left")
    return f"{took:.1f} s"


@check("clients that do not read, and clients that do not write, keep nothing from ending")
def _(context):
    files = own(context, "readiness slow", drain=1)
    body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "Hello."}],
                       "script": written(text="A text. " * 250_000, every=50)}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key-shop\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.socket() as unread, socket.create_connection(("127.0.0.1", files.gateway.port)) as half:
        unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        unread.connect(("127.0.0.1", files.gateway.port))
        unread.sendall(head.encode() + body)
        half.sendall(head.encode() + body[:20])
        time.sleep(1)
        seen = context.upstream.seen[-1]
        files.gateway.process.send_signal(signal.SIGTERM)
        equal(files.gateway.process.wait(8), 0)
        context.within(3, lambda: seen.closed is not None, "the stream was cut: it had not ended")


@check("settings come from the file, over it the environment, over that the flags; every mistake is told at once")
def _(context):
    if context.binary is None:
        return
    bad = charter(context, "serve", "--upstream", "http://127.0.0.1:9/v1", environment={
        "CHARTER_LISTEN": "everywhere", "CHARTER_BODY_LIMIT": "1", "CHARTER_LISTENS": "127.0.0.1:1",
        "CHARTER_MAX_AGE": "-1", "CHARTER_UPSTREAM_TIMEOUT": "soon"})
    equal(bad.returncode, 2)
    for name in ("CHARTER_LISTEN:", "CHARTER_BODY_LIMIT:", "CHARTER_LISTENS:", "CHARTER_MAX_AGE:", "CHARTER_UPSTREAM_TIMEOUT:"):
        holds(name in bad.stderr, f"{name} {bad.stderr}")
    holds("everywhere" not in bad.stderr, bad.stderr)
    gateway = context.other("readiness environment", own(context, "readiness own").settings | {"body_limit": 1 << 20},
                            environment={"CHARTER_BODY_LIMIT": "2048"})
    body = {"model": "m", "messages": [{"role": "user", "content": "x" * 4000}]}
    equal(gateway.chat(body, "key-shop").status, 413)
    file = charter(context, "serve", "--config", "/dev/null/charter.yaml")
    equal(file.returncode, 2)


def refused(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) != 0
