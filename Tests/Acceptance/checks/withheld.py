"""What was said to the gateways of this run is in none of their logs, metrics and traces. (The last file, so that it sees all.)"""
import json
import re

from checks.traces import COLLECTOR as TRACES
from context import HERE, Server
from report import Group, equal, holds
from upstream import written

check = Group("withheld")
MARK = "the-marked-words-of-somebody"


def strings(value):
    """Every string in a value of JSON, and every number of five digits or more."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in ("model", "script", "role", "type"):
                yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str) or isinstance(value, (int, float)) and not isinstance(value, bool) and value > 9_999:
        yield str(value)


def is_telling(text: str) -> bool:
    """Whether a text that is found elsewhere must be this one: no word of a document's or of ours."""
    return len(text) >= 5 and not re.fullmatch(r"[A-Za-z_]+", text)


def is_in(secret: str, text: str) -> bool:
    """Whether it is told there; a word or a number has to stand by itself, as ids and times are full of digits."""
    if not secret.isalnum():
        return secret in text
    return secret in text and re.search(rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])", text) is not None


def said(context) -> set[str]:
    """What was sent in this run and is nobody's business."""
    found: set[str] = set()
    bodies = [body for _, body in Server.sent] + [seen.body for seen in context.upstream.seen]
    for body in bodies:
        if body and len(body) < 100_000:
            try:
                found.update(strings(json.loads(body)))
            except ValueError:
                continue
    for headers, _ in Server.sent:
        for name, value in headers.items():
            if name == "Authorization":
                found.add(value.removeprefix("Bearer "))
            elif name == "Charter-Claims":
                try:
                    found.update(strings(json.loads(value)))
                except ValueError:
                    continue
            elif name in ("Charter-User", "Charter-Token"):
                found.add(value)
    for gateway in context.gateways:
        found.update(gateway._clients)
    return {text for text in found if is_telling(text)}


@check("no key, word of a message, claim or user of this run is in a log, in metrics or in a trace")
def _(context):
    folder = HERE / "charter"
    server = context.other("withheld", {
        "charter": str(folder / "small.md"), "upstream": {"url": context.upstream.url},
        "operators": [{"name": "shop", "layer": str(folder / "shop.yaml"), "key": "the-key-of-the-shop"}]})
    headers = {"Charter-User": f"user-{MARK}", "Charter-Claims": json.dumps({"age": 77331, "note": f"claim-{MARK}"}),
               "Charter-Roles": f"role-{MARK}", "Charter-Language": f"language-{MARK}"}
    for text in ("Hello", "launch code omega", "which stock", "in despair"):
        for script in (written(), written(text=f"launch code omega {MARK}"), written(text=MARK, usage=True), written(raw=MARK),
                       written(status=400, error={"message": MARK, "code": MARK, "type": MARK, "param": MARK})):
            for stream in (False, True):
                body = {"model": "scripted", "stream": stream, "user": f"body-{MARK}", "script": script,
                        "messages": [{"role": "system", "content": f"system {MARK}"}, {"role": "user", "content": f"{text} {MARK}"}]}
                server.chat(body, "the-key-of-the-shop", headers)
    server.chat({"model": MARK + " with words", "messages": [{"role": "user", "content": "x"}]}, "the-key-of-the-shop")
    for path in (f"/{MARK}", f"/v1/{MARK}", f"/charter/v1/decisions/{MARK}", f"/charter/v1/users/{MARK}/layer", f"/charter/v1/matrix?{MARK}"):
        server.request("GET", path, key="the-key-of-the-shop", headers={"Charter-Channel": MARK} if "matrix" in path else None)
        server.request("PROPFIND", path, key=f"key-{MARK}")
    server.request("POST", "/charter/v1/decide", json.dumps({"user": {"id": MARK}, MARK: 1}).encode(), key="the-key-of-the-shop")
    context.within(5, lambda: len(server.lines()) >= 52, "the lines")
    context.within(5, lambda: b"\n".join(context.collector.bodies).count(b"llm_input") >= 40, "the traces")
    secrets = said(context) | {MARK, "77331"}
    lines, traces = 0, b"\n".join(context.collector.bodies + TRACES.bodies).decode()
    equal(sorted(secret for secret in secrets if is_in(secret, traces))[:5], [], "told in a trace")
    holds(traces.count("llm_input") >= 40, "no traces")
    for gateway in (one for one in context.gateways if one.process.poll() is None):
        entries = gateway.lines()
        lines += len(entries)
        # What the gateway itself says at its start is about settings.
        log = "\n".join(line for line in gateway.written().splitlines() if not line.startswith("charter is in force"))
        metrics = gateway.admin.request("GET", "/metrics").body.decode()
        equal(sorted(secret for secret in secrets if is_in(secret, log) or is_in(secret, metrics))[:5], [], "told")
    holds(len(secrets) > 2, "nothing was said")
    return f"{len(secrets)} secrets, {lines} lines of {len(context.gateways)} gateways"
