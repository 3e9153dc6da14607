"""What the checks work with: the upstreams, the gateways in front of them, and clients."""
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

import anthropic
import openai
from collector import Collector
from prometheus_client.parser import text_string_to_metric_families
from report import Skipped, holds
from upstream import Upstream

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
UPSTREAM_KEY = "sk-the-upstreams-own"


@dataclasses.dataclass
class Response:
    status: int
    headers: dict  # names in lower case
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self) -> dict:
        """The API's own error object, which every answer from 400 up must be."""
        holds(self.headers.get("content-type", "").startswith("application/json"),
              f"an error of type {self.headers.get('content-type')}")
        error = self.json["error"]
        holds(set(error) >= {"message", "type", "param", "code"}, f"an error with {sorted(error)} alone")
        holds(isinstance(error["message"], str) and error["message"], "an error without a message")
        holds(error["code"] is None or isinstance(error["code"], str), "an error whose code is no string")
        return error


class Server:
    """A gateway or an upstream at a port of loopback, and the ways to talk to it."""

    # The fields and the body of every request that was written by hand.
    sent: list[tuple[dict, bytes | None]] = []

    def __init__(self, port: int, tls: ssl.SSLContext | None = None):
        self.port, self.tls = port, tls
        self._clients: dict = {}

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def connect(self, timeout: float = 20) -> http.client.HTTPConnection:
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def client(self, key: str, **options) -> openai.OpenAI:
        """The official client, as anybody would use it, but impatient; one for each key, as making one is slow."""
        made = self._clients.get(key)
        if made is None:
            made = self._clients[key] = openai.OpenAI(
                base_url=f"{self.url}/v1", api_key=key, max_retries=0, timeout=20)
        return made.with_options(**options) if options else made

    def anthropic(self, key: str, **options) -> anthropic.Anthropic:
        """Anthropic's client, likewise."""
        made = self._clients.get("anthropic " + key)
        if made is None:
            made = self._clients["anthropic " + key] = anthropic.Anthropic(
                base_url=self.url, api_key=key, max_retries=0, timeout=20)
        return made.with_options(**options) if options else made

    def request(self, method: str, path: str, body: bytes | None = None, headers: dict | None = None,
                key: str | None = None, timeout: float = 20) -> Response:
        """One request, written by hand."""
        connection = self.connect(timeout)
        sent = {"Content-Type": "application/json"} if body is not None else {}
        if key:
            sent["Authorization"] = f"Bearer {key}"
        sent |= headers or {}
        Server.sent.append((sent, body))
        with contextlib.closing(connection):
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Response(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())

    def chat(self, body, key: str, headers: dict | None = None) -> Response:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", "/v1/chat/completions", data, headers, key)


class Gateway(Server):
    """The command `charter serve` at a free port, with settings of its own."""

    def __init__(self, binary: pathlib.Path, settings: dict, collector: Collector | None = None,
                 environment: dict | None = None, tls: ssl.SSLContext | None = None):
        super().__init__(free_port(), tls)
        self.folder = tempfile.TemporaryDirectory(prefix="charter-acceptance.")
        self.config = config = pathlib.Path(self.folder.name, "charter.yaml")
        self.admin = Server(free_port(but=self.port))
        self.collector = collector
        self.write(settings)
        self.log = pathlib.Path(self.folder.name, "log")
        began = time.monotonic()
        with self.log.open("wb") as out:
            self.process = subprocess.Popen([str(binary), "serve", "--config", str(config)], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out, start_new_session=True,
                                            env=os.environ | (environment or {}))
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"charter serve ended with {self.process.returncode}: {self.written()[-1500:]}")
            with contextlib.suppress(OSError):
                if self.request("GET", "/healthz", timeout=1).status == 200:
                    break
            if time.monotonic() - began > 30:
                self.stop()
                raise RuntimeError(f"charter serve did not answer within 30 s: {self.written()[-1500:]}")
            time.sleep(0.01)
        self.ready = time.monotonic() - began

    def write(self, settings: dict) -> None:
        """Puts settings in place of those that it has, as an editor does: whole, and at once."""
        new = self.config.with_suffix(".new")
        own = {"listen": f"127.0.0.1:{self.port}", "admin_listen": f"127.0.0.1:{self.admin.port}",
               "log": settings.get("log", "json")}
        if self.collector:
            own["otlp"] = settings.get("otlp", self.collector.settings)
        # JSON is YAML.
        new.write_text(json.dumps(settings | own), encoding="utf-8")
        new.replace(self.config)

    def written(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(errors="replace")

    def lines(self) -> list[dict]:
        """What it has logged of requests so far."""
        return [json.loads(line) for line in self.written().splitlines() if line.startswith("{")]

    def metrics(self) -> dict:
        """Its metrics as a collector reads them: {(name, labels in order): value}."""
        answer = self.admin.request("GET", "/metrics")
        holds(answer.status == 200, f"/metrics: {answer.status}")
        families = text_string_to_metric_families(answer.body.decode())
        return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
                for family in families for sample in family.samples}

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def free_port(but: int = 0) -> int:
    """A port that nobody has, and that is another than this one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found = probe.getsockname()[1]
    return free_port(but) if found == but else found


class Context:
    """Starts what a check asks for when it is first asked for, and stops it all at the end."""

    def __init__(self, binary: pathlib.Path | None, model: str):
        self.binary, self.wish_for_model = binary, model
        self.upstream = Upstream().__enter__()
        self.collector = Collector()
        self._gateways: dict[str, Server] = {}
        self._model: subprocess.Popen | None = None
        self._url_of_model = ""

    def close(self) -> None:
        for gateway in self._gateways.values():
            if isinstance(gateway, Gateway):
                gateway.stop()
        if self._model:
            self._model.terminate()
            self._model.wait(10)
        self.upstream.__exit__()
        self.collector.close()

    # Gateways.

    @property
    def plain(self) -> Server:
        """The small charter of these tests, in front of the scripted upstream."""
        if self.binary is None:  # nothing in between: what is shown of passing must hold of the upstream alone
            return self._gateways.setdefault("plain", Server(self.upstream.port))
        return self._gateway("plain", lambda: self._small(self.upstream.url))

    @property
    def standard(self) -> Server:
        """The standard charter and its operators, as they are published, in front of the scripted upstream."""
        return self._gateway("standard", lambda: {
            "charter": str(ROOT / "Charters/standard.md"), "upstream": {"url": self.upstream.url},
            "operators": [{"name": name, "layer": str(ROOT / f"Charters/operators/{name}.yaml"), "key": f"key-{name}"}
                          for name in ("clinic", "community", "coding_agent")]})

    @property
    def real(self) -> Server:
        """The small charter in front of a real model."""
        if self.binary is None:
            if "real" not in self._gateways:
                self._gateways["real"] = Server(urllib.parse.urlsplit(self.model_url).port)
            return self._gateways["real"]
        return self._gateway("real", lambda: self._small(self.model_url))

    def unreachable(self) -> Server:
        """The small charter in front of nothing."""
        return self._gateway("unreachable", lambda: self._small(f"http://127.0.0.1:{free_port()}/v1"))

    @property
    def gateways(self) -> list[Gateway]:
        """Those that have been started so far."""
        return [gateway for gateway in self._gateways.values() if isinstance(gateway, Gateway)]

    def other(self, name: str, settings: dict, **options) -> Server:
        """A gateway with settings of the check's own."""
        return self._gateway(name, lambda: settings, **options)

    def _small(self, upstream: str) -> dict:
        folder = HERE / "charter"
        return {"charter": str(folder / "small.md"), "upstream": {"url": upstream, "key": UPSTREAM_KEY, "api": ["openai", "anthropic"]},
                "operators": [{"name": name, "layer": str(folder / f"{name}.yaml"), "key": f"key-{name}"}
                              for name in ("shop", "studio")]}

    def _gateway(self, name: str, settings, **options) -> Server:
        if name not in self._gateways:
            if self.binary is None:
                raise Skipped("there is no gateway in this run")
            self._gateways[name] = Gateway(self.binary, settings(), self.collector, **options)
        return self._gateways[name]

    # The real model.

    def model_is_busy(self) -> bool:
        """Whether the real model is writing an answer."""
        with urllib.request.urlopen(self._url_of_model.replace("/v1", "/slots"), timeout=5) as answer:
            return any(slot["is_processing"] for slot in json.load(answer))

    @property
    def model_url(self) -> str:
        """The real model itself, with nothing in front of it."""
        if self._url_of_model:
            return self._url_of_model
        python = ROOT / ".venv-model/bin/python"
        if self.wish_for_model == "none" or not python.exists():
            if self.wish_for_model == "required":
                raise RuntimeError("no .venv-model: run scripts/model/setup.sh")
            raise Skipped("no real model here: scripts/model/setup.sh sets one up")
        port = free_port()
        self._model = subprocess.Popen([str(python), str(ROOT / "scripts/model/serve.py"), "--port", str(port),
                                        "--threads", "1", "--context", "4096"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       start_new_session=True, text=True)
        line = self._model.stdout.readline()  # written when it answers
        if not re.match(r"http://", line):
            raise RuntimeError(f"the model did not start: status {self._model.wait(10)}")
        self._url_of_model = f"http://127.0.0.1:{port}/v1"
        return self._url_of_model

    # Waiting.

    @staticmethod
    def within(seconds: float, condition, what: str) -> None:
        until = time.monotonic() + seconds
        while not condition():
            holds(time.monotonic() < until, f"{what}: not within {seconds} s")
            time.sleep(0.005)


def delivered(stream) -> dict:
    """What a streamed answer comes to, choice by choice: {index: {"content", "refusal", "calls", "finish"}}."""
    choices: dict = {}
    for chunk in stream:
        for choice in chunk.choices:
            one = choices.setdefault(choice.index, {"content": "", "refusal": "", "calls": {}, "finish": None})
            one["content"] += choice.delta.content or ""
            one["refusal"] += choice.delta.refusal or ""
            for call in choice.delta.tool_calls or []:
                entry = one["calls"].setdefault(call.index, {"id": call.id, "name": call.function.name, "arguments": ""})
                entry["arguments"] += call.function.arguments or ""
            if choice.finish_reason:
                holds(one["finish"] is None, f"choice {choice.index} ends twice")
                one["finish"] = choice.finish_reason
    return choices
