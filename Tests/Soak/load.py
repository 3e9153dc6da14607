"""The gateway under load, what is around it, and what is counted and found."""
import asyncio
import collections
import contextlib
import json
import pathlib
import shutil
import tempfile
import threading
import time

from context import HERE, Gateway
from measures import Log, sample
from tenants import ACCESS, BUDGETS, CANDIDATE, FORBIDDEN, VERSIONS, Tenant
from upstream import Seen, Upstream, read
from wire import Connection

# How many decisions the gateway keeps: so few that its memory has its full size soon.
DECISIONS = 2_000
# How long the gateway may take to let a key in or out, or to take a file (a second, and a machine that is busy).
PATIENCE = 15.0
UPSTREAMS = ("house", "annex")


class Arrivals:
    """What arrives at the models' servers, in the place of their list of everything."""

    def __init__(self, soak: "Soak"):
        self.soak = soak
        self._lock = threading.Lock()  # each server has a thread of its own
        self._bodies: dict[str, list[bytes]] = {}

    @contextlib.contextmanager
    def of(self, nonce: str):
        """The bodies in which a call arrives, as long as somebody waits for its answer."""
        self._bodies[nonce] = bodies = []
        try:
            yield bodies
        finally:
            del self._bodies[nonce]

    def append(self, seen: Seen) -> None:
        """On the thread of a server."""
        script = read(json.loads(seen.body).get("script")) if seen.body else {}
        self._bodies.get(script.get("nonce"), []).append(seen.body)
        head = json.dumps(seen.headers)
        with self._lock:
            self.soak.done["requests of models"] += 1
        for tenant in self.soak.tenants:
            if tenant.name != script.get("tenant") and (tenant.mark.encode() in seen.body or tenant.mark in head):
                self.soak.finding("leaks", f"a request of {script.get('tenant')}'s has words of {tenant.name}'s")
        if "charter_" in head or "sk-of-the" not in head:
            self.soak.finding("leaks", "a tenant's key has come to a model's server, or its own has not")


class Soak:
    def __init__(self, binary: pathlib.Path, seconds: float, connections: int):
        self.binary, self.seconds, self.connections = binary, seconds, connections
        self.tenants = [Tenant(name) for name in VERSIONS]
        self.findings: dict[str, list[str]] = collections.defaultdict(list)
        self.found: collections.Counter = collections.Counter()
        self.done: collections.Counter = collections.Counter()
        self.statuses: collections.Counter = collections.Counter()  # (operator, status)
        self.unknown: collections.Counter = collections.Counter()  # operator: answers that nobody waited for
        self.dead: list[str] = []
        self.samples: list[tuple] = []
        self.arrivals = Arrivals(self)
        self.runs = asyncio.Event()
        self.busy = 0
        self.began = self.ends = 0.0
        self.before = 0  # requests before the load began

    def finding(self, promise: str, text: str) -> None:
        self.found[promise] += 1
        if len(self.findings[promise]) < 20:
            self.findings[promise].append(text)

    # The gateway, its files and its keys.

    def start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="charter-soak.")
        self.folder = pathlib.Path(self._folder.name)
        for file in HERE.joinpath("charter").glob("small.*"):
            shutil.copy(file, self.folder)
        self.write("next.yaml", json.dumps(CANDIDATE))
        self.write("all.access.yaml", json.dumps(ACCESS))
        for tenant in self.tenants:
            self.write(f"{tenant.name}.yaml", tenant.versions[0].layer(tenant.name, tenant.mark))
        self.upstreams = [Upstream(name=name) for name in UPSTREAMS]
        for upstream in self.upstreams:
            upstream.seen = self.arrivals
            upstream.__enter__()
        self.gateway = Gateway(self.binary, self.settings(1))
        self.log = Log(self.gateway.log, [tenant.mark for tenant in self.tenants], self.finding)

    def stop(self) -> None:
        if hasattr(self, "gateway"):
            self.gateway.stop()
        for upstream in self.upstreams:
            upstream.__exit__()
        self._folder.cleanup()

    def settings(self, weight: int) -> dict:
        operators = [{"name": tenant.name, "layer": str(self.folder / f"{tenant.name}.yaml"), "budget": BUDGETS[tenant.name],
                      "access": str(self.folder / "all.access.yaml")}
                     | ({"candidate": {"adjust": str(self.folder / "next.yaml")}} if tenant.tries else {})
                     for tenant in self.tenants]
        servers = [{"name": upstream.name, "url": upstream.url, "api": ["openai", "anthropic"], "key": f"sk-of-the-{upstream.name}",
                    "first_token": 5, "weight": weight if upstream.name == "house" else 1} for upstream in self.upstreams]
        return {"charter": str(self.folder / "small.md"), "operators": operators, "upstreams": servers, "decisions": DECISIONS,
                "store": {"path": str(self.folder / "soak.sqlite"), "secret": "a secret of the store for a soak, which is long enough"}}

    def write(self, name: str, text: str) -> None:
        new = self.folder / f"{name}.new"
        new.write_text(text, encoding="utf-8")
        new.replace(self.folder / name)

    async def keys(self, *arguments: str) -> str:
        process = await asyncio.create_subprocess_exec(
            str(self.binary), "keys", *arguments, "--config", str(self.gateway.config),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        out, error = await process.communicate()
        if process.returncode:
            self.finding("errors", f"charter keys {arguments[0]}: {error.decode()[:300]}")
        return out.decode().strip()

    # One request, and what holds of every answer.

    async def call(self, connection: Connection, tenant: Tenant, method: str, path: str, body: bytes | None = None,
                   headers: dict | None = None, key: str | None = None):
        key = key or tenant.key
        await connection.request(method, path, {"Authorization": f"Bearer {key}"} | (headers or {}), body)
        answer = await connection.head()
        await connection.body(answer)
        self.received(tenant, path, answer)
        return answer

    def received(self, tenant: Tenant, path: str, answer) -> None:
        self.done["requests"] += 1
        self.statuses[tenant.name if answer.status != 401 else "", answer.status] += 1
        everything = answer.body + repr(answer.headers).encode()
        for other in self.tenants:
            if other is not tenant and other.mark.encode() in everything:
                self.finding("leaks", f"{path} of {tenant.name}'s has words of {other.name}'s")
        lower = answer.body.lower()
        for text in FORBIDDEN:
            if text.encode() in lower:
                self.finding("verdicts", f"{path} delivers `{text}`")

    async def eventually(self, tenant: Tenant, key: str, status: int) -> bool:
        """Whether a key comes to count, or not to count any more."""
        connection, until = Connection(self.gateway.port), time.monotonic() + PATIENCE
        try:
            while (await self.call(connection, tenant, "GET", "/charter/v1/status", key=key)).status != status:
                if time.monotonic() > until:
                    return False
                await asyncio.sleep(0.1)
            return True
        finally:
            connection.close()

    async def watch(self) -> None:
        while True:
            self.log.read()
            self.samples.append(sample(self.gateway.process.pid))
            await asyncio.sleep(0.5)
