#!/usr/bin/env python3
"""The gateway beside nginx and LiteLLM, in one sitting, in front of a model's server that has its answer ready.

    Benchmarks/gateway/bench.py --charter .build-release/release/charter [--seconds 5] [--requests 200000]
    Benchmarks/gateway/bench.py --parts whole,stream --through nginx,charter

Each gateway in turn has core 0 to itself; the load (wrk) and the canned upstream (nginx) share core 1. The
request is a conversation of 830 bytes whose last message is never the same, the answer 64 words. Charter runs
with the standard charter, its patterns on. The parts:

    whole      the answer as one JSON object: requests/s, added latency, CPU per request
    memory     after so many of them (`--requests`), and what the second half has added
    stream     the answer in 66 events that come at once
    lateness   8 streams of an event every 10 ms: how late what arrives is
    open       2,000 such streams at a time

What comes out are tables, and for each number that Charter is held to whether it is reached.

LiteLLM is taken from LITELLM_VENV, else installed into .venv-litellm; where that fails its rows are left out,
and the table says so. Exit status: 0 measured, 1 it could not be.
"""
import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import paced

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GATEWAY_CORE, LOAD_CORE = "0", "1"
CONNECTIONS = [1, 16, 64]
PARTS = ["whole", "memory", "stream", "lateness", "open"]
THROUGH = ["direct", "nginx", "charter", "litellm"]
EVENTS = 66
WORDS = ("A permission is a statement about who may ask for what. The operator sets it, the user lives inside it, and "
         "the platform keeps the floor under both of them. When two of them disagree the higher one is followed and "
         "the lower one is told why in words that a person can read. Nothing is changed without a trace of it.").split()[:64]
SYSTEM = ("You are the assistant of a small online shop for garden tools. Answer questions about orders, delivery, "
          "returns and the use of the tools. Be brief and friendly. Do not talk about other shops. Do not promise "
          "refunds; offer to open a ticket, and say when somebody will look at it. ")
MESSAGES = [
    {"role": "system", "content": SYSTEM},
    {"role": "user", "content": "Hello! I bought a hedge trimmer last week and it has not arrived yet."},
    {"role": "assistant", "content": "I am sorry to hear that. Could you give me the number of your order, please?"},
    {"role": "user", "content": "It is 48151623. And while you look: how often should the blades be oiled, and is olive "
                                "oil all right for it, or do I need the special one that you sell?"}]


def write_answers(folder: pathlib.Path) -> None:
    common = {"id": "chatcmpl-canned", "created": 1770000000, "model": "mock"}
    (folder / "chat.json").write_text(json.dumps(common | {
        "object": "chat.completion", "usage": {"prompt_tokens": 210, "completion_tokens": 64, "total_tokens": 274},
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": None,
                     "message": {"role": "assistant", "content": " ".join(WORDS), "refusal": None}}]}))
    deltas = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": word if at == 0 else f" {word}"}, None) for at, word in enumerate(WORDS)]
    deltas += [({}, "stop")]
    events = [json.dumps(common | {"object": "chat.completion.chunk", "choices": [
        {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]}) for delta, reason in deltas]
    (folder / "chat.sse").write_text("".join(f"data: {event}\n\n" for event in [*events, "[DONE]"]))


class Bench:
    def __init__(self, options, folder: pathlib.Path):
        self.options, self.folder = options, folder
        (folder / "temp").mkdir()
        write_answers(folder)
        self.ports = {name: free_port() for name in
                      ("UPSTREAM_PORT", "STREAM_PORT", "WHOLE_PORT", "EVENTS_PORT", "CHARTER_PORT", "CHARTER_STREAM_PORT",
                       "LITELLM_PORT", "PACED_PORT")}
        for name in ("upstream.conf", "proxy.conf", "litellm.yaml"):
            text = (HERE / name).read_text()
            for key, port in self.ports.items():
                text = text.replace(key, str(port))
            (folder / name).write_text(text)
        for name, upstream, port in (("whole", "UPSTREAM_PORT", "CHARTER_PORT"), ("stream", "STREAM_PORT", "CHARTER_STREAM_PORT")):
            self.settings(f"charter-{name}.yaml", self.ports[upstream], self.ports[port])
        self.rows: list[dict] = []
        self.memory: dict = {}
        self.late: dict[str, dict] = {}
        self.opened: dict[str, dict] = {}

    def settings(self, name: str, upstream: int, port: int) -> pathlib.Path:
        file = self.folder / name
        file.write_text(json.dumps({
            "charter": str(ROOT / "Charters/standard.md"), "listen": f"127.0.0.1:{port}",
            "upstream": {"url": f"http://127.0.0.1:{upstream}/v1"},
            "operators": [{"name": "shop", "layer": str(ROOT / "Charters/operators/community.yaml"), "key": "sk-bench"}]}))
        return file

    @contextlib.contextmanager
    def running(self, command: list, core: str):
        process = None
        if command:
            with (self.folder / "log").open("ab") as log:
                process = subprocess.Popen(["taskset", "-c", core, *map(str, command)], cwd=self.folder, start_new_session=True,
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield process
        finally:
            if process:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def measure(self, name: str, mode: str, command: list, port: int, model: str = "mock") -> None:
        body = self.folder / f"{name}.{mode}.body"
        request = {"model": model, "temperature": 0.7, "max_tokens": 256, "messages": MESSAGES}
        body.write_text(json.dumps(request | ({"stream": True} if mode == "stream" else {})))
        expected = "[DONE]" if mode == "stream" else WORDS[-1]
        with self.running(command, GATEWAY_CORE) as process:
            began = time.monotonic()
            self.wait_for(process, port, body.read_bytes(), expected)
            ready = time.monotonic() - began
            self.load(port, body, expected, 16, 1)  # warms it up
            for connections in CONNECTIONS if mode in self.options.parts else []:
                for _ in range(self.options.rounds):
                    before, _ = used(process)
                    row = self.load(port, body, expected, connections, self.options.seconds)
                    after, memory = used(process)
                    row |= {"name": name, "mode": mode, "connections": connections, "ready": ready, "rss": memory,
                            "cpu": (after - before) * 1e6 / max(1, row["requests"])}
                    self.rows.append(row)
                    print(f"  {name:8} {mode:6} {connections:3} connections {row['requests'] / row['seconds']:9.0f} /s  "
                          f"p50 {row['p50']:7} us  p99 {row['p99']:7} us  wrong {row['wrong']}", flush=True)
            if name == "charter" and mode == "whole" and "memory" in self.options.parts:
                self.soak(process, port, body, expected)

    def soak(self, process, port: int, body, expected: str) -> None:
        """Memory after so many requests, and after half of them."""
        total = 0
        half = self.options.requests // 2
        while total < self.options.requests:
            total += self.load(port, body, expected, 64, self.options.seconds)["requests"]
            if total >= half:
                self.memory.setdefault("half", used(process)[1])
        self.memory |= {"all": used(process)[1], "requests": total}

    def load(self, port: int, body, expected: str, connections: int, seconds: int) -> dict:
        out = subprocess.run(
            ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "30", "-s",
             HERE / "post.lua", f"http://127.0.0.1:{port}/v1/chat/completions"],
            env=os.environ | {"BODY": str(body), "EXPECT": expected}, capture_output=True, text=True, timeout=seconds + 60)
        return json.loads(next(line for line in out.stdout.splitlines() if line.startswith("{")))

    def wait_for(self, process, port: int, body: bytes, expected: str) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/chat/completions", body, {
            "content-type": "application/json", "authorization": "Bearer sk-bench"})
        until = time.monotonic() + 120
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    if expected.encode() in answer.read():
                        return
            except (urllib.error.URLError, OSError) as error:
                why = error
            if time.monotonic() > until or (process and process.poll() is not None):
                sys.exit(f"port {port} did not answer: {why}\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def run(self) -> None:
        charter = pathlib.Path(self.options.charter).resolve()
        nginx = ["nginx", "-p", self.folder, "-c", self.folder / "proxy.conf"]
        serve = [charter, "serve", "--config"]
        if {"lateness", "open"} & set(self.options.parts):
            asyncio.run(self.paced(nginx, serve))
        with self.running(["nginx", "-p", self.folder, "-c", self.folder / "upstream.conf"], LOAD_CORE):
            for mode, upstream, proxy, ours in (("whole", "UPSTREAM_PORT", "WHOLE_PORT", "CHARTER_PORT"),
                                                ("stream", "STREAM_PORT", "EVENTS_PORT", "CHARTER_STREAM_PORT")):
                if mode not in self.options.parts and not (mode == "whole" and "memory" in self.options.parts):
                    continue
                for name, command, port in (
                        ("direct", [], self.ports[upstream]), ("nginx", nginx, self.ports[proxy]),
                        ("charter", [*serve, self.folder / f"charter-{mode}.yaml"], self.ports[ours])):
                    if name in self.options.through:
                        self.measure(name, mode, command, port)
                if litellm := self.litellm():
                    command = ["env", "LITELLM_LOCAL_MODEL_COST_MAP=True", "LITELLM_LOG=ERROR", litellm, "--config",
                               self.folder / "litellm.yaml", "--host", "127.0.0.1", "--port", self.ports["LITELLM_PORT"],
                               "--num_workers", "1", "--telemetry", "False"]
                    self.measure("litellm", mode, command, self.ports["LITELLM_PORT"], "mock" if mode == "whole" else "mock-stream")

    async def paced(self, nginx: list, serve: list) -> None:
        """Streams that take their time: this process is their upstream and their client."""
        os.sched_setaffinity(0, {int(LOAD_CORE)})
        request = {"model": "mock", "temperature": 0.7, "max_tokens": 256, "messages": MESSAGES}
        for part, tokens, gap in (("lateness", 60, 0.01), ("open", 8, 2.0)):
            if part not in self.options.parts:
                continue
            async with paced.Paced(tokens, gap) as upstream:
                proxy = (self.folder / "proxy.conf").read_text()
                (self.folder / "paced.conf").write_text(proxy.replace(f"server 127.0.0.1:{self.ports['STREAM_PORT']};",
                                                                      f"server 127.0.0.1:{upstream.port};"))
                config = self.settings("charter-paced.yaml", upstream.port, self.ports["PACED_PORT"])
                for name, command, port in (
                        ("direct", [], upstream.port), ("nginx", [*nginx[:-1], self.folder / "paced.conf"], self.ports["EVENTS_PORT"]),
                        ("charter", [*serve, config], self.ports["PACED_PORT"])):
                    if name not in self.options.through or (part == "open" and name == "direct"):
                        continue
                    with self.running(command, GATEWAY_CORE) as process:
                        await listening(port)
                        before, _ = used(process)
                        if part == "lateness":
                            found = await paced.lateness(port, request, 8, self.options.rounds, upstream)
                            self.late[name] = found
                        else:
                            upstream.most_open = 0
                            found = await paced.many(port, request, self.options.streams, upstream, lambda: used(process)[1])
                            self.opened[name] = found | {"cpu": used(process)[0] - before}
                    print(f"  {name:8} {part:8} {found}", flush=True)
        os.sched_setaffinity(0, range(os.cpu_count() or 1))

    def litellm(self) -> pathlib.Path | None:
        if self.options.without_litellm or "litellm" not in self.options.through:
            return None
        folder = pathlib.Path(os.environ.get("LITELLM_VENV", ROOT / ".venv-litellm"))
        if "LITELLM_VENV" not in os.environ:
            made = subprocess.run([ROOT / "scripts/venv.sh", folder, HERE / "requirements.txt"], cwd=ROOT)
            if made.returncode:
                print("LiteLLM could not be installed; its rows are left out.")
                self.options.without_litellm = True
                return None
        return folder / "bin/litellm"

    # Telling.

    def middle(self, name: str, mode: str, connections: int) -> dict | None:
        some = [row for row in self.rows if (row["name"], row["mode"], row["connections"]) == (name, mode, connections)]
        if not some:
            return None
        values = {key: statistics.median(row[key] for row in some) for key in ("p50", "p99", "cpu", "rss")}
        return values | {"rate": statistics.median(row["requests"] / row["seconds"] for row in some),
                         "wrong": sum(row["wrong"] for row in some)}

    def report(self) -> None:
        if self.rows:
            self.table()
        print()
        if self.late:
            print("| 8 streams, an event every 10 ms | late p50 ms | p99 ms | first text p50 ms | p99 ms | arrivals | wrong |")
            print("| --- | --- | --- | --- | --- | --- | --- |")
            for name, row in self.late.items():
                print(f"| {name} | {row['p50']:.2f} | {row['p99']:.2f} | {row['first']:.2f} | {row['first99']:.2f} "
                      f"| {row['arrivals']} | {row['wrong']} |")
            print()
        if self.opened:
            print("| streams at a time | through | CPU s | RSS MiB | wrong |")
            print("| --- | --- | --- | --- | --- |")
            for name, row in self.opened.items():
                print(f"| {row['open']} | {name} | {row['cpu']:.2f} | {row['memory'] / 1024:.0f} | {row['wrong']} |")
            print()
        self.judge()
        print(f"load average {os.getloadavg()[0]:.1f}; {os.cpu_count()} cores")

    def table(self) -> None:
        print("\n| answer | connections | through | requests/s | p50 ms | p99 ms | added p50 ms | CPU us/request | RSS MiB | wrong |")
        print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
        for mode in ("whole", "stream"):
            for connections in CONNECTIONS:
                direct = self.middle("direct", mode, connections)
                for name in ("direct", "nginx", "charter", "litellm"):
                    if row := self.middle(name, mode, connections):
                        print(f"| {mode} | {connections} | {name} | {row['rate']:.0f} | {row['p50'] / 1e3:.3f} | {row['p99'] / 1e3:.3f} "
                              f"| {added(row, direct)} | {row['cpu']:.1f} | {row['rss'] / 1024:.0f} | {row['wrong']} |")

    def judge(self) -> None:
        """Each number that Charter is held to, as far as it was measured."""
        one, direct = self.middle("charter", "whole", 1), self.middle("direct", "whole", 1)
        if one and direct:
            judge("latency added at one connection, p50", (one["p50"] - direct["p50"]) / 1e3, 0.15, "ms")
            judge("latency added at one connection, p99", (one["p99"] - direct["p99"]) / 1e3, 0.3, "ms")
        whole, stream = (self.middle("charter", mode, CONNECTIONS[-1]) for mode in ("whole", "stream"))
        if whole:
            judge("CPU for a request", whole["cpu"], 50, "us")
        if whole and stream:
            judge("CPU for an event, above the request's own", (stream["cpu"] - whole["cpu"]) / EVENTS, 1, "us")
        if self.memory:
            judge(f"memory after {self.memory['requests']} requests", self.memory["all"] / 1024, 80, "MiB")
            judge("memory gained in their second half", (self.memory["all"] - self.memory["half"]) / 1024, 1, "MiB")
        for mode, share in (("whole", 0.35), ("stream", 0.3)):
            best = {name: max((row["rate"] for connections in CONNECTIONS if (row := self.middle(name, mode, connections))), default=0)
                    for name in ("nginx", "charter", "litellm")}
            if best["charter"] and best["nginx"]:
                judge(f"{mode}: share of nginx's rate", best["charter"] / best["nginx"], share, "", at_least=True)
            if best["charter"] and best["litellm"]:
                judge(f"{mode}: times LiteLLM's rate", best["charter"] / best["litellm"], 100, "", at_least=True)
        if {"direct", "charter"} <= set(self.late):
            ours, plain = self.late["charter"], self.late["direct"]
            judge("lateness beyond direct, p99", ours["p99"] - plain["p99"], 1, "ms")
            judge("first text beyond direct and its window, p50", ours["first"] - plain["first"], 0.5, "ms")
        if "charter" in self.opened:
            judge("streams open at a time, and whole", self.opened["charter"]["open"] - self.opened["charter"]["wrong"],
                  self.options.streams, "", at_least=True)


def judge(what: str, found: float, limit: float, unit: str, at_least: bool = False) -> None:
    reached = found >= limit if at_least else found <= limit
    print(f"{what}: {found:.2f} {unit} ({'>=' if at_least else '<='} {limit:g}): {'reached' if reached else 'MISSED'}")


def added(row: dict, direct: dict | None) -> str:
    return f"{(row['p50'] - direct['p50']) / 1e3:+.3f}" if direct else "-"


async def listening(port: int) -> None:
    for _ in range(200):
        try:
            (await asyncio.open_connection("127.0.0.1", port))[1].close()
            return
        except OSError:
            await asyncio.sleep(0.05)
    sys.exit(f"port {port} does not answer")


def used(process) -> tuple[float, int]:
    """CPU seconds and resident KiB of a process and its children."""
    cpu = memory = 0
    todo = [process.pid] if process else []
    while todo:
        one = pathlib.Path(f"/proc/{todo.pop()}")
        with contextlib.suppress(OSError):
            fields = (one / "stat").read_text().rpartition(")")[2].split()
            cpu += int(fields[11]) + int(fields[12])
            memory += int(fields[21]) * os.sysconf("SC_PAGE_SIZE") // 1024
            for thread in (one / "task").iterdir():
                todo += [int(child) for child in (thread / "children").read_text().split()]
    return cpu / os.sysconf("SC_CLK_TCK"), memory


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--charter", default=str(ROOT / ".build-release/release/charter"))
    parser.add_argument("--seconds", type=int, default=5, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=200_000, help="after which the memory is read")
    parser.add_argument("--streams", type=int, default=2_000, help="that are open at a time")
    parser.add_argument("--parts", type=lambda text: text.split(","), default=PARTS, help=",".join(PARTS))
    parser.add_argument("--through", type=lambda text: text.split(","), default=THROUGH, help=",".join(THROUGH))
    parser.add_argument("--without-litellm", action="store_true")
    options = parser.parse_args()
    if not set(options.parts) <= set(PARTS) or not set(options.through) <= set(THROUGH):
        parser.error(f"parts are {', '.join(PARTS)}; through {', '.join(THROUGH)}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    if not os.access(options.charter, os.X_OK):
        sys.exit(f"{options.charter} is not there: make build")
    # As an exception, so that everything that was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="charter-bench."))
    try:
        bench = Bench(options, folder)
        bench.run()
        bench.report()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
