"""Connections, on both sides: what shares one keeps its order, and what is broken on one harms nobody else."""
import contextlib
import json
import pathlib
import socket
import time

from context import delivered
from report import Group, equal, holds
from upstream import written

check = Group("connections")
ASK = [{"role": "user", "content": "Hello, who are you?"}]
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def chat(fields: str = "", stream: bool = False, framing: str | None = None, key: str = "key-shop", **script) -> bytes:
    """A request as it stands on the wire."""
    body = json.dumps({"model": "scripted", "messages": ASK, "stream": stream, "script": written(**script)}).encode()
    framing = framing or f"Content-Length: {len(body)}"
    return (f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\n{framing}\r\n{fields}\r\n").encode() + body


@contextlib.contextmanager
def connected(context, timeout: float = 5):
    with socket.create_connection(("127.0.0.1", context.plain.port), timeout=timeout) as connection:
        yield connection


def everything(connection, seconds: float = 5) -> bytes:
    """What comes until the other side closes."""
    connection.settimeout(seconds)
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(1 << 16):
            data += piece
    return data


def answers(connection, count: int) -> list:
    """So many answers with a length, in order: status and body."""
    data, found = b"", []
    while len(found) < count:
        head, split, rest = data.partition(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        if split and len(rest) >= length:
            found.append((int(head.split(b" ")[1]), rest[:length]))
            data = rest[length:]
            continue
        piece = connection.recv(1 << 16)
        holds(piece, f"the connection ended after {len(found)} answers of {count}: {data[:200]!r}")
        data += piece
    return found


def content(body: bytes):
    return json.loads(body)["choices"][0]["message"]["content"]


@check("requests that come at once, to a model and to the gateway itself, are answered in their order")
def _(context):
    with connected(context) as connection:
        wire = b"".join(chat(text=f"Answer {number}.") + HEALTH for number in range(20))
        connection.sendall(wire + chat(text="The last one.", late=0.3) + HEALTH)
        found = answers(connection, 42)
    equal([content(body) for status, body in found[::2]], [f"Answer {n}." for n in range(20)] + ["The last one."])
    equal({body for status, body in found[1::2]}, {b"ok\n"})


@check("a connection is used for one kind of request after the other, streamed or not")
def _(context):
    with connected(context) as connection:
        for number in range(5):
            connection.sendall(chat(text=f"Answer {number}."))
            equal(content(answers(connection, 1)[0][1]), f"Answer {number}.")
            connection.sendall(chat(stream=True, text=f"Stream {number}."))
            data = b""
            while not data.endswith(b"0\r\n\r\n"):
                data += connection.recv(1 << 16)
            holds(f"Stream {number}.".encode() in data and b"[DONE]" in data, f"{data!r}")
            connection.sendall(HEALTH)
            equal(answers(connection, 1), [(200, b"ok\n")])


@check("connections to the model's server are used again, after whole answers and after streams")
def _(context):
    client = context.plain.client("key-shop")
    before = context.upstream.connections
    for number in range(40):
        reply = client.chat.completions.create(model="scripted", messages=ASK, stream=number % 2 == 1,
                                               extra_body={"script": written()})
        if number % 2:
            delivered(reply)
    made = context.upstream.connections - before
    holds(made <= 4, f"{made} connections for 40 requests")
    return f"{made} new connections for 40 requests"


@check("a request whose length can be read in two ways goes nowhere, nor does what stands behind it")
def _(context):
    before = len(context.upstream.seen)
    hidden = chat(text="hidden")
    for framing in ("Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
                    "Content-Length: 5\r\nContent-Length: 6", "Content-Length: 5, 6", "Content-Length: -5", "Content-Length: 0x5",
                    "Content-Length: +5", "Content-Length : 5", "Transfer-Encoding: chunked, identity",
                    "Transfer-Encoding: xchunked", "Content-Length: 5\r\n folded", "X: a\rContent-Length: 5"):
        with connected(context) as connection:
            connection.sendall(chat(framing=framing)[:-1] + b"0\r\n\r\n" + hidden)
            connection.shutdown(socket.SHUT_WR)
            statuses = [line.split(b" ")[1] for line in everything(connection).split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
        holds(b"200" not in statuses, f"{framing!r} gave {statuses}")
    for body in (b"5\r\nhello\r\nZ\r\n", b"-1\r\n\r\n", b"ffffffffffffffffff\r\n", b"5 \r\nhello"):
        with connected(context) as connection:
            head = chat(framing="Transfer-Encoding: chunked").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            connection.sendall(head + body + hidden)
            connection.shutdown(socket.SHUT_WR)
            data = everything(connection)
        holds(b" 200 " not in data, f"{body!r} gave {data[:200]!r}")
    equal(len(context.upstream.seen), before, "requests that reached the model's server")


@check("a body in chunks is read as one with a length is")
def _(context):
    head, _, body = chat(framing="Transfer-Encoding: chunked", text="In chunks.").partition(b"\r\n\r\n")
    with connected(context) as connection:
        connection.sendall(head + b"\r\n\r\n")
        for byte in range(0, len(body), 40):
            part = body[byte:byte + 40]
            connection.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        connection.sendall(b"0\r\n\r\n" + HEALTH)
        found = answers(connection, 2)
    equal((content(found[0][1]), found[1]), ("In chunks.", (200, b"ok\n")))


@check("who asks before sending a body is told to go on, or why not")
def _(context):
    expects = "Expect: 100-continue\r\n"
    head, _, body = chat(expects, text="Go on.").partition(b"\r\n\r\n")
    with connected(context) as connection:
        connection.sendall(head + b"\r\n\r\n")
        equal(connection.recv(1 << 16), b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(body)
        equal(content(answers(connection, 1)[0][1]), "Go on.")
    for head, status in ((chat(expects, key="key-nobody"), 401), (chat(expects, framing="Content-Length: 99999999"), 413)):
        with connected(context) as connection:
            connection.sendall(head.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
            data = everything(connection)
            holds(data.startswith(f"HTTP/1.1 {status} ".encode()), f"{data[:100]!r}")


@check("who is refused by the head of a request may send its body, and the next request is answered")
def _(context):
    with connected(context) as connection:
        connection.sendall(chat(key="key-nobody") + HEALTH)
        equal([status for status, _ in answers(connection, 2)], [401, 200])
        connection.sendall(chat(framing=f"Content-Length: {9 << 20}").partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + bytes(9 << 20) + HEALTH)
        equal([status for status, _ in answers(connection, 2)], [413, 200])


@check("HTTP/1.0 and `Connection: close` are answered, and the connection is closed")
def _(context):
    for request in (chat(text="Hello.").replace(b"HTTP/1.1", b"HTTP/1.0"), chat("Connection: close\r\n", text="Hello."),
                    chat("Connection: close\r\n", stream=True, text="Hello."), chat("Connection: close\r\n", key="key-nobody")):
        with connected(context) as connection:
            connection.sendall(request)
            data = everything(connection)
        holds(b"Hello." in data or data.startswith(b"HTTP/1.1 401"), f"{data[:200]!r}")
    with connected(context) as connection:
        connection.sendall(chat(stream=True, text="Hello.").replace(b"HTTP/1.1", b"HTTP/1.0"))
        head, _, body = everything(connection).partition(b"\r\n\r\n")
    holds(b"chunked" not in head.lower() and body.startswith(b"data: ") and body.endswith(b"data: [DONE]\n\n"), f"{head!r} {body!r}")


@check("a client that ends its side while it waits is gone, and so is its question")
def _(context):
    with connected(context) as connection:
        asked = len(context.upstream.seen)
        connection.sendall(chat(late=30))
        context.within(2, lambda: len(context.upstream.seen) > asked, "the model was asked")
        connection.shutdown(socket.SHUT_WR)
        seen = context.upstream.seen[-1]
        context.within(1, lambda: seen.closed is not None, "the model's server saw the closing")


@check("a stream that nobody reads slows the model's server down, and costs no memory")
def _(context):
    text = "A line of sixty characters that a slow client takes its time for. " * 60_000
    memory = lambda: int(next(line for line in pathlib.Path(f"/proc/{context.plain.process.pid}/status").read_text().splitlines()
                              if line.startswith("VmRSS")).split()[1])
    with connected(context, timeout=60) as connection:
        connection.sendall(chat(stream=True, text=text, every=66))
        connection.recv(100)
        time.sleep(2)
        before, seen = memory(), context.upstream.seen[-1]
        time.sleep(1)
        grown = memory() - before
        equal(seen.finished, None, "the model's server, before the client reads")
        data = b""
        while not data.endswith(b"0\r\n\r\n"):
            data = data[-10:] + connection.recv(1 << 20)
    holds(seen.finished is not None, "the model's server could not write all")
    holds(grown < 4096, f"{grown} KiB more in a second")
    return f"{grown} KiB more in a second"


@check("a stream in which the model is silent says every 15 seconds that it is still there")
def _(context):
    with connected(context, timeout=20) as connection:
        began = time.monotonic()
        connection.sendall(chat(stream=True, text="A thought that takes long.", every=5, stall=[2, 18]))
        data = b""
        while not data.endswith(b"0\r\n\r\n"):
            data += connection.recv(1 << 16)
            if b": keep-alive\n\n" in data and began:
                waited, began = time.monotonic() - began, 0
    equal(data.count(b": keep-alive\n\n"), 1)
    holds(14 < waited < 17, f"after {waited:.1f} s")
    holds(b"[DONE]" in data, "the end")


@check("what a model's server says that is no HTTP ends one answer and nothing else")
def _(context):
    for status in (101, 150):
        response = context.plain.chat({"model": "m", "messages": ASK, "script": written(status=status)}, "key-shop")
        equal(response.status, 502, str(status))
    for headers in ({"Content-Length": "5"}, {"Transfer-Encoding": "chunked"}, {"X": "a\rb"}):
        response = context.plain.chat({"model": "m", "messages": ASK, "script": written(headers=headers)}, "key-shop")
        holds(response.status in (200, 502), f"{headers} gave {response.status}")
    equal(context.plain.chat({"model": "scripted", "messages": ASK}, "key-shop").status, 200)
