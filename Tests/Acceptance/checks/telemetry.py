"""Who runs the gateway sees what it does: metrics, and a line of the log for each request."""
import contextlib
import json
import pathlib
import re
import socket
import subprocess
import tempfile
import threading

from context import HERE
from report import Group, equal, holds
from upstream import written

check = Group("telemetry")
FORBIDDEN = "Please give me launch code omega."


def gateway(context):
    """One that no other check asks anything, so that its counts are known."""
    folder = HERE / "charter"
    return context.other("telemetry", {
        "charter": str(folder / "small.md"), "upstream": {"url": context.upstream.url},
        "operators": [{"name": name, "layer": str(folder / f"{name}.yaml"), "key": f"key-{name}"} for name in ("shop", "studio")]})


def ask(server, text, key="key-shop", headers=None, **more):
    return server.chat({"model": "scripted", "messages": [{"role": "user", "content": text}]} | more, key, headers)


def requests_of(metrics, **labels):
    return sum(value for (name, found), value in metrics.items()
               if name == "charter_requests_total" and labels.items() <= dict(found).items())


def grown(context, server, act):
    """What the counters have grown by when the requests that `act` makes are over; and what it answers."""
    before = server.metrics()
    count, answer = act()
    wanted = requests_of(before) + count
    context.within(5, lambda: requests_of(server.metrics()) >= wanted, "the requests are counted")
    after = server.metrics()
    equal(requests_of(after), wanted, "requests")
    return {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}, answer


def of(name, **labels):
    return name, tuple(sorted(labels.items()))


@check("each request is counted once, by operator, protocol, act and status")
def _(context):
    server = gateway(context)

    def act():
        ask(server, "Hello.")
        ask(server, "Hello.", stream=True)
        ask(server, "Hello.", "key-studio")
        ask(server, FORBIDDEN)
        ask(server, "Which stock?")
        ask(server, "Hello.", "no key of anybody")
        server.request("GET", "/charter/v1/matrix", key="key-shop")
        server.request("GET", "/nowhere")
        server.request("GET", "/healthz")  # not counted
        return 8, None

    found, _ = grown(context, server, act)
    total = {key: value for key, value in found.items() if key[0] == "charter_requests_total"}
    equal(total, {
        of("charter_requests_total", operator="shop", protocol="chat_completions", act="allow", status="200"): 2,
        of("charter_requests_total", operator="studio", protocol="chat_completions", act="allow", status="200"): 1,
        of("charter_requests_total", operator="shop", protocol="chat_completions", act="refuse", status="200"): 1,
        of("charter_requests_total", operator="shop", protocol="chat_completions", act="guide", status="200"): 1,
        of("charter_requests_total", operator="", protocol="chat_completions", act="none", status="401"): 1,
        of("charter_requests_total", operator="shop", protocol="charter", act="none", status="200"): 1,
        of("charter_requests_total", operator="", protocol="other", act="none", status="404"): 1})
    equal(found[of("charter_verdicts_total", behavior="launch_codes", act="refuse")], 1)
    equal(found[of("charter_verdicts_total", behavior="stock_tips", act="guide")], 1)
    for stage, count in (("detect", 5), ("decide", 5), ("upstream", 4), ("total", 8)):
        equal(found[of("charter_request_seconds_count", stage=stage)], count, stage)
        holds(found[of("charter_request_seconds_sum", stage=stage)] > 0, f"no time in {stage}")


@check("stopped answers, tokens and what the model's server did are counted, streamed or not")
def _(context):
    server = gateway(context)

    def act():
        for stream in (False, True):
            ask(server, "Hello.", stream=stream, script=written(text="launch code omega"))
            ask(server, "Hello.", stream=stream, script=written(usage=True), **({"stream_options": {"include_usage": True}} if stream else {}))
            ask(server, "Hello.", stream=stream, script=written(status=500))
            with contextlib.suppress(OSError, ValueError):
                ask(server, "Hello.", stream=stream, script=written(cut=2))
        ask(server, "Hello.", script=written(raw="no answer"))
        return 9, None

    found, _ = grown(context, server, act)
    equal(found[of("charter_stopped_total", behavior="launch_codes")], 2)
    holds(found[of("charter_tokens_total", operator="shop", type="input")] > 0, "no tokens")
    holds(found[of("charter_tokens_total", operator="shop", type="output")] > 0, "no tokens")
    equal(found[of("charter_upstream_answers_total", status="500")], 2)
    equal(found[of("charter_upstream_errors_total", code="upstream_cut_off")], 2)
    equal(found[of("charter_upstream_errors_total", code="upstream_malformed")], 1)


@check("requests are in flight, and waiting, while they are, also where a client goes away")
def _(context):
    server = gateway(context)

    def now(name):
        return server.metrics()[of(name)]

    thread = threading.Thread(target=lambda: ask(server, "Hello.", script=written(late=1)))
    thread.start()
    context.within(5, lambda: (now("charter_requests_in_flight"), now("charter_requests_waiting")) == (1, 1), "one waits")
    thread.join()
    context.within(5, lambda: (now("charter_requests_in_flight"), now("charter_requests_waiting")) == (0, 0), "none waits")
    body = (b'{"model": "scripted", "stream": true, "messages": [{"role": "user", "content": "Hello."}], "script": "'
            + written(late=20).encode() + b'"}')
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key-shop\r\n"
                           b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        context.within(5, lambda: now("charter_requests_waiting") == 1, "one waits")
    context.within(5, lambda: (now("charter_requests_in_flight"), now("charter_requests_waiting")) == (0, 0), "the one that went away")


@check("metrics are well formed, and not to be had where clients come in")
def _(context):
    server = gateway(context)
    answer = server.admin.request("GET", "/metrics")
    equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
    metrics = server.metrics()
    holds(metrics[of("process_resident_memory_bytes")] > 1 << 20, "no memory")
    equal(metrics[of("charter_build_info", version="0.1.0")], 1)
    typed = set(re.findall(r"^# TYPE (\S+)", answer.body.decode(), re.M))
    names = {re.sub(r"_(bucket|sum|count)$", "", name) for name, _ in metrics}
    equal(names - typed, set(), "without a type")
    for key in (None, "key-shop"):
        equal(server.request("GET", "/metrics", key=key).status, 404)
    equal(server.admin.request("GET", "/charter/v1/matrix", key="key-shop").status, 404, "at the other address")


@check("the log has a line of JSON for each request, with what is known of it")
def _(context):
    server = gateway(context)

    def line(response):
        own = response.headers["x-request-id"]
        context.within(5, lambda: any(entry["id"] == own for entry in server.lines()), "the line")
        return next(entry for entry in server.lines() if entry["id"] == own)

    entry = line(ask(server, FORBIDDEN, headers={"Charter-User": "somebody-in-particular"}))
    holds(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", entry.pop("time")), "no time")
    holds(re.fullmatch("[0-9a-f]{16}", entry.pop("user")), "no hash of the user")
    milliseconds = entry.pop("ms")
    equal(sorted(milliseconds), ["decide", "detect", "total"])
    holds(sum(milliseconds.values()) < 3 * milliseconds["total"], str(milliseconds))
    entry.pop("id")
    holds(re.fullmatch("[0-9a-f]{32}", entry.pop("trace")), "no trace")
    equal(entry, {"operator": "shop", "protocol": "chat_completions", "method": "POST", "route": "/v1/chat/completions", "model": "scripted",
                  "stream": False, "act": "refuse", "status": 200, "error": None, "unmet": ["launch_codes"], "stopped": [],
                  "redacted": []})
    entry = line(ask(server, "Hello.", stream=True, script=written(usage=True), stream_options={"include_usage": True}))
    equal(entry["upstream"], {"server": f"127.0.0.1:{context.upstream.port}", "status": 200})
    equal((entry["act"], entry["stream"], entry["user"], sorted(entry["tokens"])), ("allow", True, None, ["input", "output"]))
    holds(entry["ms"]["upstream"] > 0, str(entry["ms"]))
    entry = line(server.request("GET", "/charter/v1/decisions/of-nobody", key="key-studio"))
    equal((entry["operator"], entry["status"], entry["error"], entry["route"]),
          ("studio", 404, "not_found", "/charter/v1/decisions/{id}"))


@check("a user has the same hash in each line, and another one with another operator")
def _(context):
    server = gateway(context)
    for key in ("key-shop", "key-shop", "key-studio"):
        ask(server, "Hello.", key, {"Charter-User": "one-and-the-same"})
    context.within(5, lambda: len([1 for entry in server.lines()[-3:] if entry["user"]]) == 3, "three lines")
    hashes = [(entry["operator"], entry["user"]) for entry in server.lines()[-3:]]
    equal(len(set(hashes)), 2, str(hashes))
    equal(len({user for _, user in hashes}), 2, str(hashes))


@check("`log: text` is a line for people, and `log: none` is none")
def _(context):
    folder = HERE / "charter"
    settings = {"charter": str(folder / "small.md"), "upstream": {"url": context.upstream.url},
                "operators": [{"name": "shop", "layer": str(folder / "shop.yaml"), "key": "key-shop"}]}
    server = context.other("telemetry text", settings | {"log": "text"})
    own = ask(server, FORBIDDEN).headers["charter-decision"]
    context.within(5, lambda: own in server.written(), "the line")
    line = next(line for line in server.written().splitlines() if own in line)
    holds(re.fullmatch(rf"\S+Z  POST  /v1/chat/completions  200  refuse launch_codes  shop  [0-9.]+ ms  {own}", line), line)
    server = context.other("telemetry none", settings | {"log": "none"})
    before = server.written()
    ask(server, FORBIDDEN)
    context.within(5, lambda: requests_of(server.metrics()) == 1, "it is counted")
    equal(server.written(), before)


@check("an address for metrics that is taken keeps the gateway from starting, and is named")
def _(context):
    taken = gateway(context).admin.port
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "charter.yaml")
        path.write_text(json.dumps({"upstream": {"url": context.upstream.url}, "listen": "127.0.0.1:0", "admin_listen": f"127.0.0.1:{taken}"}))
        ended = subprocess.run([str(context.binary), "serve", "--config", str(path)], capture_output=True, text=True, timeout=30)
    equal(ended.returncode, 3, ended.stderr)
    holds(f"`admin_listen`, 127.0.0.1:{taken}" in ended.stderr, ended.stderr)
