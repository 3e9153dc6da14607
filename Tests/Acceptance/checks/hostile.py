"""Bad input from either side, in every protocol: the right status and error object, a bounded cost, no crash."""
import concurrent.futures
import contextlib
import http.client
import json
import pathlib
import socket
import time

from context import HERE, UPSTREAM_KEY
from report import Group, Skipped, equal, holds
from upstream import written

check = Group("hostile")
SECRET = "a-secret-that-nobody-should-see"
USER = [{"role": "user", "content": "Hello."}]
OPENAI = {"chat": ("/v1/chat/completions", {"messages": USER}), "completions": ("/v1/completions", {"prompt": "Hello."}),
          "responses": ("/v1/responses", {"input": "Hello."}), "embeddings": ("/v1/embeddings", {"input": "Hello."}),
          "moderations": ("/v1/moderations", {"input": "Hello."})}
ANTHROPIC = {"messages": ("/v1/messages", {"messages": USER, "max_tokens": 9}),
             "count_tokens": ("/v1/messages/count_tokens", {"messages": USER})}
PROTOCOLS = OPENAI | ANTHROPIC
STREAMED = ("chat", "completions", "responses", "messages")
TYPES = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
         413: "request_too_large", 415: "invalid_request_error", 500: "api_error", 502: "api_error",
         504: "timeout_error"}


def body(name, **more):
    return {"model": "scripted"} | PROTOCOLS[name][1] | more


def send(context, name, data, headers=None, gateway=None):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return (gateway or context.plain).request("POST", PROTOCOLS[name][0], data, headers, key="key-shop")


def error(name, response, wanted, what=""):
    """The error object of a response, in the form of the protocol that was asked in."""
    equal(response.status, wanted, f"{name}: {what}")
    holds(SECRET not in response.body.decode() and UPSTREAM_KEY not in response.body.decode(), f"{name}: a secret in {response.body!r}")
    holds(response.headers["content-type"].startswith("application/json"), response.headers["content-type"])
    if name in OPENAI:
        return response.error
    equal((response.json["type"], response.json["error"]["type"]), ("error", TYPES[wanted]), f"{name}: {what}")
    holds(response.json["request_id"] and response.json["error"]["message"], str(response.json))
    return response.json["error"]


def rss(gateway) -> int:
    """How much memory the gateway has, in MB."""
    if not hasattr(gateway, "process"):
        raise Skipped("there is no gateway in this run")
    status = pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) >> 10


@contextlib.contextmanager
def bounded(context, megabytes, gateway=None):
    """What is done within costs no more memory than this, and the gateway serves behind it."""
    gateway = gateway or context.plain
    before = rss(gateway)
    yield
    grown = rss(gateway) - before
    holds(grown <= megabytes, f"{grown} MB more, of {before}")
    equal(gateway.request("GET", "/healthz").status, 200)
    equal(send(context, "chat", body("chat"), gateway=gateway).status, 200)


# What clients send.

@check("what is no JSON object is a 400 in each protocol's own form")
def _(context):
    deep = b'{"a":' * 100_000
    for name in PROTOCOLS:
        for data in (b"", b"{", b"garbage", b"\xff\xfe{", b"[]", b"null", b"7", b'"x"', b'{"model":"m"} {}', b'{"model":"m",}', deep,
                     b'{"model":"\xff"}', b'{"model":"\xc3"}', b'{"model":"\xed\xa0\x80"}', b'{"model":"\\ud800"}', b'{"model":"m","\xff":1}',
                     b'\xef\xbb\xbf{"model":', b'{"model":"a\nb"}', b'{"model":"m","a":01}', b"{'model':'m'}", b'{"model":"m"}\x00x'):
            error(name, send(context, name, data), 400, repr(data[:40]))
    equal(send(context, "chat", body("chat")).status, 200)


@check("a key that stands twice is refused, since two readers would see two things")
def _(context):
    for name in PROTOCOLS:
        whole = json.dumps(body(name))[:-1]
        for twice in ('"model":"b"', '"mod\\u0065l":"b"', '"x":{"y":1,"\\u0079":2}', '"x":[{"y":1,"y":1}]', '"user":"a","us\\u0065r":"b"',
                      *(f'"{key}":"x"' for key in PROTOCOLS[name][1])):
            found = error(name, send(context, name, f"{whole},{twice}}}".encode()), 400, twice)
            holds("twice" in found["message"], found["message"])


@check("more values than can be looked at are refused, and quickly")
def _(context):
    with bounded(context, 150):
        for name in PROTOCOLS:
            began = time.monotonic()
            data = json.dumps(body(name))[:-1].encode() + b',"x":[' + b"0," * 1_000_000 + b"0]}"
            error(name, send(context, name, data), 400, "a million values")
            holds(time.monotonic() - began < 3, f"{name}: {time.monotonic() - began:.1f} s")


@check("what is made of many small parts costs as much more as it is longer")
def _(context):
    def parts(name, count):
        user = {"role": "user", "content": "Hi"}
        text = {"type": "input_text" if name == "responses" else "text", "text": "Hi"}
        keys = {f"k{at}": "x" for at in range(count)}
        own = {"chat": [{"messages": [user] * count}, {"messages": [{"role": "user", "content": [text] * count}]}],
               "completions": [{"prompt": "Hi.\n> " * count}], "responses": [{"input": [user] * count}, {"input": [{"role": "user", "content": [text] * count}]}],
               "messages": [{"messages": [user] * count}, {"system": [text] * count}, {"messages": [{"role": "user", "content": [
                   {"type": "tool_result", "tool_use_id": "t", "content": [text] * count}]}]}]}.get(name, [])
        return [body(name, **more) for more in [*own, {"x": keys}, {"x": [[]] * count}]]

    def seconds(data):
        began = time.monotonic()
        equal(send(context, name, data).status, 200, f"{json.dumps(data)[:100]}")
        return time.monotonic() - began

    worst = 0.0
    with bounded(context, 200):
        for name in PROTOCOLS:
            for few, many in zip(parts(name, 4_000), parts(name, 32_000)):
                short, long = min(seconds(few), seconds(few)), min(seconds(many), seconds(many))
                worst = max(worst, long)
                holds(long < 24 * max(short, 0.03), f"{name}: {short:.3f} s, and {long:.3f} s for eight times as much: {json.dumps(few)[:100]}")
    return f"at most {worst:.2f} s"


@check("wrong types are refused with their place, and nothing of the request is in the error")
def _(context):
    table = {"chat": [("model", 7), ("messages", "x"), ("messages", []), ("stream", 1), ("n", 0)],
             "completions": [("model", 7), ("prompt", 7), ("prompt", [1, 2]), ("prompt", [[1]]), ("prompt", None), ("n", 200), ("stream", "x")],
             "responses": [("model", 7), ("input", 7), ("input", [7]), ("instructions", []), ("stream", 1), ("background", "x")],
             "messages": [("model", 7), ("messages", "x"), ("messages", []), ("system", 7), ("system", ["x"]), ("metadata", 7), ("stream", 1)],
             "embeddings": [("model", 7), ("stream", True)], "moderations": [("model", 7), ("stream", True)],
             "count_tokens": [("model", 7), ("model", "")]}
    for name, changes in table.items():
        for key, value in changes:
            found = error(name, send(context, name, body(name, x=SECRET) | {key: value}), 400, f"{key}: {value!r}")
            said = found.get("param") if name in OPENAI else found["message"]
            holds(said and said.startswith(key), f"{name}: {key}: {value!r} is said to be wrong at {said!r}")


@check("roles that there are not, and messages of a system that no protocol has there, are refused")
def _(context):
    table = {"chat": ["king", "platform", "System", "system ", "root", "", 7, None, ["system"]],
             "responses": ["king", "platform", "tool", "System", "", 7], "messages": ["system", "developer", "tool", "platform", "User", "", 7, None]}
    for name, roles in table.items():
        for role in roles:
            one = [{"role": role, "content": SECRET}]
            data = body(name, input=one) if name == "responses" else body(name, messages=USER + one)
            found = error(name, send(context, name, data), 400, f"role {role!r}")
            holds("role" in (found.get("param") or found["message"]), f"{found}")
    # A conversation where another protocol has it is one that somebody might read.
    error("messages", send(context, "messages", body("messages", input="Hello.")), 400, "input")
    error("responses", send(context, "responses", body("responses", messages=USER)), 400, "messages")


@check("a hundred megabytes are refused before they are read, in every protocol")
def _(context):
    with bounded(context, 60):
        for name, (path, _) in PROTOCOLS.items():
            with socket.create_connection(("127.0.0.1", context.plain.port), timeout=10) as connection:
                connection.sendall(head(path, "Content-Length: 100000000"))
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                data = answer.read()
            equal(answer.status, 413, name)
            kind = json.loads(data)["error"]["type"]
            equal(kind, "invalid_request_error" if name in OPENAI else "request_too_large", name)


@check("a hundred megabytes in chunks are not read to their end")
def _(context):
    with bounded(context, 60), socket.create_connection(("127.0.0.1", context.plain.port), timeout=10) as connection:
        connection.sendall(head("/v1/messages", "Transfer-Encoding: chunked"))
        piece, sent = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n", 0
        with contextlib.suppress(OSError):
            while sent < 100:
                connection.sendall(piece)
                sent += 1
        holds(sent < 100 or b" 413 " in received(connection), "all of it was taken")


@check("a body that is compressed is a 415, whatever it would come to")
def _(context):
    import gzip
    import zlib
    bomb = gzip.compress(b'{"model":"' + b"x" * 200_000_000, 9)
    with bounded(context, 60):
        for name in PROTOCOLS:
            for encoding, data in (("gzip", bomb), ("gzip", gzip.compress(json.dumps(body(name)).encode())), ("br", b"{}"),
                                   ("deflate", zlib.compress(json.dumps(body(name)).encode())), ("x", json.dumps(body(name)).encode())):
                error(name, send(context, name, data, {"Content-Encoding": encoding}), 415, encoding)
        equal(send(context, "chat", body("chat"), {"Content-Encoding": "identity"}).status, 200)


# What clients send as HTTP.

def head(path, *lines, key="key-shop", end="\r\n"):
    first = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {key}", "Content-Type: application/json", *lines]
    return (end.join(first) + end * 2).encode("latin-1")


def received(connection, seconds=1.0) -> bytes:
    """Everything that comes until the other side closes, or says nothing for so long."""
    data = b""
    connection.settimeout(seconds)
    with contextlib.suppress(OSError):
        while piece := connection.recv(65536):
            data += piece
    return data


def answers(context, data: bytes, seconds=1.0) -> list:
    """The statuses of what comes back for these bytes."""
    with socket.create_connection(("127.0.0.1", context.plain.port), timeout=5) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(data)
        return [int(line[9:12]) for line in received(connection, seconds).split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@check("what two servers could read as two requests is never served as any")
def _(context):
    good = json.dumps(body("chat")).encode()
    size = len(good)
    before = len(context.upstream.seen)
    smuggled = b"0\r\n\r\n" + HIDDEN
    for what, data in {
            "both framings": head("/v1/chat/completions", f"Content-Length: {len(smuggled)}", "Transfer-Encoding: chunked") + smuggled,
            "both framings, the other way": head("/v1/chat/completions", "Transfer-Encoding: chunked", f"Content-Length: {size}") + good + HIDDEN,
            "two lengths": head("/v1/chat/completions", f"Content-Length: {size}", "Content-Length: 0") + good + HIDDEN,
            "two lengths in one": head("/v1/chat/completions", f"Content-Length: {size}, 0") + good + HIDDEN,
            "a signed length": head("/v1/chat/completions", f"Content-Length: +{size}") + good + HIDDEN,
            "a negative length": head("/v1/chat/completions", "Content-Length: -1") + good + HIDDEN,
            "a length in hexadecimal": head("/v1/chat/completions", f"Content-Length: {hex(size)}") + good + HIDDEN,
            "a length that no number holds": head("/v1/chat/completions", "Content-Length: 99999999999999999999999") + good + HIDDEN,
            "a coding that nobody knows": head("/v1/chat/completions", "Transfer-Encoding: xchunked") + smuggled,
            "chunked, and then something else": head("/v1/chat/completions", "Transfer-Encoding: chunked, identity") + smuggled,
            "a space before the colon": head("/v1/chat/completions", "Transfer-Encoding : chunked", f"Content-Length: {size}") + good + HIDDEN,
            "a folded field": head("/v1/chat/completions", "Transfer-Encoding:", " chunked", f"Content-Length: {size}") + good + HIDDEN,
            "a NUL in a field": head("/v1/chat/completions", "X-A: b\0c", f"Content-Length: {size}") + good + HIDDEN,
            "a bare CR in a field": head("/v1/chat/completions", "X-A: b\rTransfer-Encoding: chunked", f"Content-Length: {size}") + good + HIDDEN,
            "a size of a chunk that no number holds": head("/v1/chat/completions", "Transfer-Encoding: chunked") + b"FFFFFFFFFFFFFFFFF\r\n" + good,
            "a negative size of a chunk": head("/v1/chat/completions", "Transfer-Encoding: chunked") + b"-1\r\n" + good + b"\r\n" + smuggled,
            "a chunk that is longer than it says": head("/v1/chat/completions", "Transfer-Encoding: chunked") + b"2\r\n" + good + b"\r\n" + smuggled,
            "no name of a field": head("/v1/chat/completions", ": x", f"Content-Length: {size}") + good + HIDDEN,
            "a method that is none": b"P\x00ST /v1/models HTTP/1.1\r\nHost: x\r\n\r\n" + HIDDEN,
            "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200,
            "HTTP/2 without being asked": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 50}.items():
        found = answers(context, data)
        holds(all(status in (400, 411, 413, 431, 501, 505) for status in found) and len(found) <= 1, f"{what}: {found}")
    equal(len(context.upstream.seen), before, "requests that reached the model's server")
    equal(send(context, "chat", body("chat")).status, 200)


@check("extensions of chunks mean nothing, and the longest of them are bounded")
def _(context):
    good = json.dumps(body("chat")).encode()
    chunk = f"{len(good):x}".encode()
    start = head("/v1/chat/completions", "Transfer-Encoding: chunked")
    equal(answers(context, start + chunk + b";a=b;c=\"d\"\r\n" + good + b"\r\n0\r\n\r\n"), [200])
    with bounded(context, 60):
        found = answers(context, start + chunk + b";a=" + b"b" * 20_000_000 + b"\r\n" + good + b"\r\n0\r\n\r\n", 3)
        holds(found in ([200], [400], []), f"{found}")


@check("a head that does not end is refused before it fills the memory")
def _(context):
    with bounded(context, 60):
        for line in ("X-A: " + "b" * 400_000, "\r\n".join(f"X-{at}: b" for at in range(30_000))):
            found = answers(context, head("/v1/chat/completions", line, "Content-Length: 2") + b"{}")
            holds(found in ([431], [400], []), f"{found}")
        holds(answers(context, b"GET /" + b"a" * 400_000 + b" HTTP/1.1\r\n\r\n") in ([414], [431], [400], []), "a long path")


@check("what stands in a field does not become a field for the model's server")
def _(context):
    data = json.dumps(body("messages")).encode()
    for value in ("a\tx-evil: 1", "a\x01b", "\x80\xff", "a%0d%0ax-evil: 1", "a\\r\\nx-evil: 1"):
        before = len(context.upstream.seen)
        found = answers(context, head("/v1/messages", f"anthropic-version: {value}", f"anthropic-beta: {value}",
                                      f"Charter-User: {value}", "Connection: close", f"Content-Length: {len(data)}") + data)
        holds(found in ([200], [400], []), f"{value!r}: {found}")
        for seen in context.upstream.seen[before:]:
            equal([name for name in seen.headers if "evil" in name], [], repr(value))
    secret = send(context, "chat", body("chat"), {"Charter-User": "x" * 300, "Charter-Evil": SECRET})
    error("chat", secret, 400)


@check("connections that say a byte at a time hinder nobody else")
def _(context):
    data = json.dumps(body("chat")).encode()
    slow = head("/v1/chat/completions", f"Content-Length: {len(data)}") + data
    with contextlib.ExitStack() as stack:
        connections = []
        for at in range(300):  # half of them in their heads, half in their bodies
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", context.plain.port), timeout=5))
            connection.sendall(slow[:-len(data) + 5 if at % 2 else 20])
            connections.append(connection)
        worst = 0.0
        for turn in range(10):
            for at, connection in enumerate(connections):
                start = len(slow) - len(data) + 5 if at % 2 else 20
                connection.sendall(slow[start + turn:start + turn + 1])
            began = time.monotonic()
            equal(send(context, "chat", body("chat")).status, 200)
            worst = max(worst, time.monotonic() - began)
        holds(worst < 1, f"{worst:.2f} s")
        # They are requests like any other when they come to their end.
        start = len(slow) - len(data) + 5
        connections[1].sendall(slow[start + 10:])
        holds(b" 200 " in received(connections[1]).split(b"\r\n")[0], "a slow request is none")
    return f"at most {worst * 1e3:.0f} ms"


# What the model's server sends.

def faulty(context):
    """A gateway that does not wait long."""
    folder = HERE / "charter"
    return context.other("hostile", {
        "charter": str(folder / "small.md"),
        "upstream": {"url": context.upstream.url, "key": UPSTREAM_KEY, "api": ["openai", "anthropic"], "timeout": 1},
        "operators": [{"name": "shop", "layer": str(folder / "shop.yaml"), "key": "key-shop"}]})


def fault(context, name, stream, wanted=(502,), what="", **keys):
    """The error that a fault of the model's server is told as: in the head of an answer, or as the last event of a stream."""
    more = {"stream": True} if stream else {}
    response = send(context, name, body(name, script=written(**keys), **more), gateway=faulty(context))
    what = f"{name}, stream {stream}, {what or keys}"[:200]
    if response.headers.get("content-type") == "text/event-stream":
        equal(response.status, 200, what)
        events = [event for event in response.body.split(b"\n\n") if event]
        last = json.loads(events[-1].split(b"data: ", 1)[1])
        holds(last.get("error"), f"{what}: it ends with {events[-1]!r}")
        if name in ANTHROPIC:
            holds(events[-1].startswith(b"event: error\n") and last["type"] == "error", f"{what}: {events[-1]!r}")
        return last["error"]
    holds(response.status in wanted, f"{what}: status {response.status}: {response.body[:300]!r}")
    return error(name, response, response.status, what)


def every(streams=(False, True)):
    for name in PROTOCOLS:
        for stream in streams:
            if name in STREAMED or not stream:
                yield name, stream


@check("a model's server that says nothing, or stops in the middle, is a time-out in every protocol")
def _(context):
    faulty(context)
    silent = [(name, stream, {"late": 4}) for name, stream in every()]
    silent += [(name, True, {"text": "one two three", "every": 2, "stall": [4, 4]}) for name in STREAMED]
    with concurrent.futures.ThreadPoolExecutor(len(silent)) as pool:
        for found in pool.map(lambda one: fault(context, one[0], one[1], (504,), **one[2]), silent):
            equal(found.get("code", "upstream_timeout"), "upstream_timeout", f"{found}")


@check("a connection that breaks, at any place, is an error in every protocol")
def _(context):
    start = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: 1000\r\n\r\n"
    for name, stream in every():
        kind = "text/event-stream" if stream else "application/json"
        for wire in ("", "HTTP/1.1", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-", start.format(kind), start.format(kind) + '{"id":'):
            for reset in (False, True):
                fault(context, name, stream, wire=wire, reset=reset)


@check("what is no HTTP is an error in every protocol")
def _(context):
    for name, stream in every():
        for wire in ("garbage\r\n\r\n", "\0\0\0\0\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 999999 OK\r\n\r\n", "HTTP/1.1 OK\r\n\r\n",
                     "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello", "HTTP/1.1 204 No Content\r\n\r\n",
                     "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\n{}",
                     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
                     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"):
            fault(context, name, stream, wire=wire)


@check("an answer that is none is an error in every protocol")
def _(context):
    for name, stream in every():
        raws = ["garbage", "", "{", "[]", "null", "7", '{"a":' * 20_000, '{"id":"\\ud800"}', '{"id":"\udcff"}', '{"id":"\udcc3',
                '{"id":1,"id":2}', '{"error":{"message":"out of memory","type":"server_error"}}']
        if name in STREAMED:
            raws += ["{}", '{"choices":7}', '{"content":7}', '{"output":7}']
        for raw in raws:
            found = fault(context, name, stream, raw=raw)
            if "out of memory" in raw:
                holds("out of memory" in found["message"], f"{found}")


@check("an error of the model's server repeats nothing that may not be said, in any protocol")
def _(context):
    said = '{"error":{"message":"cannot parse: launch code omega","type":"server_error","code":"x"}}'
    for name, stream in every():
        if name not in STREAMED:
            continue
        for keys in ({"raw": said}, {"raw": said, "status": 400}, {"raw": said, "status": 500}):
            found = fault(context, name, stream, (502, 400, 500), **keys)
            equal(found["message"], "the model's server failed", f"{name}, stream {stream}, {keys}")
    for name in STREAMED:
        found = fault(context, name, True, raw=BEGUN[name] + f"data: {said}\n\n", type="text/event-stream")
        equal(found["message"], "the model's server failed", name)


# How a stream of each protocol begins.
BEGUN = {"chat": 'data: {"id":"x","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n',
         "completions": 'data: {"id":"x","choices":[{"index":0,"text":"Hi","finish_reason":null}]}\n\n',
         "responses": 'data: {"type":"response.created","sequence_number":0,"response":{"id":"r","output":[]}}\n\n',
         "messages": 'data: {"type":"message_start","message":{"id":"m","content":[]}}\n\n'}


@check("garbage in the middle of a stream is an error in every protocol, and half a character is garbage")
def _(context):
    for name in STREAMED:
        for garbage in ("data: garbage\n\n", "data: {\n\n", "data: []\n\n", "data: 7\n\n", "data: {}\n\n", "data: \udcff\n\n", 'data: {"type":7}\n\n',
                        'data: {"type":"x\\ny","choices":7}\n\n', 'data: {"id":"\udcc3"}\n\n', 'data: {"id":"caf\udcc3', "data: " + '{"a":' * 5_000 + "\n\n",
                        'data: {"type":"ping","type":"ping"}\n\n', "\udcc3\udcc3\n\n", "data: \0\n\n", 'data: {"id":"\\udc00"}\n\n'):
            fault(context, name, True, raw=BEGUN[name] + garbage, type="text/event-stream", what=garbage[:40])


@check("what does not end costs a bounded memory in every protocol")
def _(context):
    stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    megabyte = "x" * (1 << 20)
    for name in STREAMED:
        with bounded(context, 100, faulty(context)):  # a line, and a field over many lines
            fault(context, name, True, what="a line", wire=stream + BEGUN[name] + "data: ", endless=megabyte, times=50)
            fault(context, name, True, what="lines", wire=stream + BEGUN[name], endless="data: x\n" * 20_000, times=100)
    for name in PROTOCOLS:
        with bounded(context, 150, faulty(context)):
            kind = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
            fault(context, name, False, what="a body", wire=kind + '{"id":"', endless=megabyte, times=60)
            fault(context, name, False, what="a head", wire="HTTP/1.1 200 OK\r\nX-A: ", endless=megabyte, times=10)
            fault(context, name, False, what="fields", wire="HTTP/1.1 200 OK\r\n", endless="X-A: b\r\n" * 10_000, times=10)


@check("events without text do not fill the memory, however many there are")
def _(context):
    stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    events = {"chat": 'data: {"id":"x","choices":[]}\n\n', "completions": 'data: {"id":"x","choices":[]}\n\n',
              "responses": 'data: {"type":"response.in_progress","response":{"output":[]}}\n\n', "messages": 'data: {"type":"ping"}\n\n'}
    for name in STREAMED:
        with bounded(context, 60, faulty(context)):
            for piece in (": nothing\n\n", "event: x\n", "id: y\n", "\n", "data:\n\n", events[name]):
                fault(context, name, True, what=repr(piece), wire=stream + BEGUN[name], endless=piece * 500, times=40)


@check("heads that only announce another are passed over, however many there are")
def _(context):
    early = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    answer = '{"object":"list","data":[]}'
    end = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(answer)}\r\n\r\n{answer}"
    response = send(context, "embeddings", body("embeddings", script=written(wire=early * 3 + end)), gateway=faulty(context))
    equal((response.status, response.body), (200, answer.encode()))
    with bounded(context, 60, faulty(context)):
        fault(context, "chat", False, (502, 504), wire=early, endless=early * 1_000, times=100)


@check("an answer that is compressed is not passed on unseen, and none is asked for")
def _(context):
    import gzip
    squeezed = gzip.compress(json.dumps({"id": "x", "choices": [], "content": []}).encode()).decode("latin-1")
    for name, stream in every():
        kind = "text/event-stream" if stream else "application/json"
        for encoding in ("gzip", "br", "deflate, gzip"):
            fault(context, name, stream, wire=f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Encoding: {encoding}\r\n"
                                              f"Content-Length: {len(squeezed)}\r\n\r\n{squeezed}")
        equal(context.upstream.seen[-1].headers.get("accept-encoding"), "identity", name)


@check("after all of it the gateways serve every protocol, and their memory is bounded")
def _(context):
    for gateway in (context.plain, faulty(context)):
        for name in PROTOCOLS:
            equal(send(context, name, body(name), gateway=gateway).status, 200, name)
        holds(rss(gateway) < 600, f"{rss(gateway)} MB")
    return ", ".join(f"{rss(gateway)} MB" for gateway in (context.plain, faulty(context)))
