"""Several upstreams: one that is down is stood in for, and never after a word of an answer."""
import collections
import contextlib
import json
import socket
import threading
import time

import openai
from context import HERE, delivered, free_port
from report import Group, equal, holds, raises
from upstream import Upstream, written

check = Group("upstreams")
ASK = [{"role": "user", "content": "Hello, who are you?"}]
TEXT = "An answer that is a good deal longer than what the gateway holds back before it lets a text pass. " * 3
SMALL = {"charter": str(HERE / "charter/small.md"),
         "operators": [{"name": "shop", "layer": str(HERE / "charter/shop.yaml"), "key": "key-shop"}]}


@contextlib.contextmanager
def gateway(context, *upstreams, **settings):
    """A gateway of its own, whose breakers know of no other check."""
    name = f"upstreams-{free_port()}"
    made = context.other(name, SMALL | {"upstreams": list(upstreams)} | settings)
    try:
        yield made
    finally:
        made.stop()


def ask(gateway, stream=False, model="m", **script):
    return gateway.client("key-shop").chat.completions.create(
        model=model, messages=ASK, stream=stream, extra_body={"script": written(**script)})


def scripted(**script) -> Upstream:
    """An upstream with a script of its own."""
    return Upstream(script=script)


def chats(upstream) -> int:
    """How often it was asked for an answer."""
    return sum(seen.method == "POST" for seen in upstream.seen)


class Silent:
    """Takes connections and requests, and says nothing, or a few bytes; and then ends, or is silent."""

    def __init__(self, ends: bool, says: bytes = b""):
        self.ends, self.says, self.asked, self._open = ends, says, 0, []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._socket.close()
        for connection in self._open:
            connection.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                if connection.recv(1 << 16):
                    self.asked += 1
                    connection.sendall(self.says)
                if self.ends:
                    connection.close()
                else:
                    self._open.append(connection)


def dead():
    return f"http://127.0.0.1:{free_port()}/v1"


def text(answer) -> str:
    return answer.choices[0].message.content


@check("where the first is not there, the second answers, streamed and not")
def _(context):
    with scripted(text="second") as second, gateway(
            context, {"name": "a", "url": dead()}, {"name": "b", "url": second.url, "order": 1}) as server:
        equal(text(ask(server)), "second")
        equal(delivered(ask(server, True))[0]["content"], "second")


@check("502, 503, 504 and 429 make another one be asked, and no other status does")
def _(context):
    for status in (429, 500, 502, 503, 504, 400, 404, 422):
        with scripted(status=status) as first, scripted(text="second") as second, gateway(
                context, {"name": "a", "url": first.url}, {"name": "b", "url": second.url, "order": 1}) as server:
            if status in (429, 502, 503, 504):
                equal(text(ask(server)), "second", f"{status}")
            else:
                equal(server.chat({"model": "m", "messages": ASK}, "key-shop").status, status)
            equal((chats(first), chats(second)), (1, int(status in (429, 502, 503, 504))), f"{status}")


@check("one that is silent before the head of its answer is given up in time, and another one answers")
def _(context):
    with Silent(ends=False) as first, scripted(text="second") as second, gateway(
            context, {"name": "a", "url": first.url, "first_token": 1},
            {"name": "b", "url": second.url, "order": 1}) as server:
        began = time.monotonic()
        equal(text(ask(server)), "second")
        took = time.monotonic() - began
        holds(0.9 < took < 3, f"{took:.1f} s")
        equal(first.asked, 1)


@check("one that ends the connection without a word is stood in for")
def _(context):
    with Silent(ends=True) as first, scripted(text="second") as second, gateway(
            context, {"name": "a", "url": first.url}, {"name": "b", "url": second.url, "order": 1}) as server:
        equal(text(ask(server)), "second")
        equal(first.asked, 1)


@check("after the first byte of an answer no other is asked")
def _(context):
    for script in ({"text": TEXT, "every": 5, "cut": 20}, {"text": TEXT, "cut": 0}, {"raw": "garbage"}, {"status": 0, "text": TEXT}):
        for stream in (False, True):
            with scripted(**script) as first, scripted(text="second") as second, gateway(
                    context, {"name": "a", "url": first.url}, {"name": "b", "url": second.url, "order": 1}) as server:
                try:
                    found = ask(server, stream)
                    found = delivered(found) if stream else found
                except openai.APIError:
                    found = None
                equal(found, None, f"{script}, stream {stream}")
                equal((chats(first), chats(second)), (1, 0), f"{script}, stream {stream}")


@check("a head of an answer that is garbage, or ends in the middle, is an answer that has begun")
def _(context):
    for head in (b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Le", b"HTTP/1.1 two hundred\r\n\r\n"):
        with Silent(ends=True, says=head) as first, scripted(text="second") as second, gateway(
                context, {"name": "a", "url": first.url}, {"name": "b", "url": second.url, "order": 1}) as server:
            equal(server.chat({"model": "m", "messages": ASK}, "key-shop").status, 502, f"{head}")
            equal((first.asked, chats(second)), (1, 0), f"{head}")


@check("three are asked at most, and the last one's word counts")
def _(context):
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(scripted(status=503, error={"message": f"server {number}"})) for number in range(4)]
        server = stack.enter_context(gateway(context, *(
            {"name": f"u{number}", "url": one.url, "order": number} for number, one in enumerate(made))))
        error = raises(openai.InternalServerError, lambda: ask(server))
        equal(error.status_code, 503)
        holds("server 2" in error.message, error.message)
        equal([chats(one) for one in made], [1, 1, 1, 0])


@check("where all are gone it is a 502, at once")
def _(context):
    with gateway(context, {"name": "a", "url": dead()}, {"name": "b", "url": dead()}) as server:
        began = time.monotonic()
        for _ in range(8):
            error = raises(openai.InternalServerError, lambda: ask(server))
            equal((error.status_code, error.code), (502, "upstream_unreachable"))
        holds(time.monotonic() - began < 4, "not at once")


@check("a refusal is decided once, whoever is down, and asks nobody")
def _(context):
    with scripted(status=503) as first, scripted(text="second") as second, gateway(
            context, {"name": "a", "url": first.url}, {"name": "b", "url": second.url, "order": 1}) as server:
        answer = server.client("key-shop").chat.completions.with_raw_response.create(
            model="m", messages=[{"role": "user", "content": "Tell me launch code omega."}])
        holds(answer.parse().choices[0].message.refusal, "no refusal")
        equal(answer.headers.get("x-should-retry"), "false")
        equal((chats(first), chats(second)), (0, 0))


@check("one that fails five times is left alone, is tried again, and answers again when it is back")
def _(context):
    with scripted(status=503) as first, scripted(text="second") as second, gateway(
            context, {"name": "a", "url": first.url}, {"name": "b", "url": second.url, "order": 1}) as server:
        for _ in range(12):
            equal(text(ask(server)), "second")
        equal(chats(first), 5, "asked before it was left alone")
        time.sleep(1.1)
        for _ in range(4):
            equal(text(ask(server)), "second")
        equal(chats(first), 6, "asked after one wait")
        first.script = {"text": "first"}
        context.within(4, lambda: text(ask(server)) == "first", "back")
        equal({text(ask(server)) for _ in range(10)}, {"first"})


@check("of several that are well each is asked by its weight")
def _(context):
    with scripted(text="one") as one, scripted(text="three") as three, gateway(
            context, {"name": "a", "url": one.url}, {"name": "b", "url": three.url, "weight": 3}) as server:
        counts = collections.Counter(text(ask(server)) for _ in range(200))
        # Five standard deviations; the shares themselves are held by tests of the pure choice.
        holds(120 <= counts["three"] <= 180, f"{counts}")


@check("a model goes to those who have it, and one that nobody has is a 404 that names nothing")
def _(context):
    with scripted(text="small") as small, scripted(text="large") as large, gateway(
            context, {"name": "a", "url": small.url, "models": ["small"]},
            {"name": "b", "url": large.url, "models": ["large", "both"]}) as server:
        equal({text(ask(server, model=model)) for model in ("small", "small")}, {"small"})
        equal({text(ask(server, model=model)) for model in ("large", "both")}, {"large"})
        for stream in (False, True):
            error = raises(openai.NotFoundError, lambda: ask(server, stream, model="secret-model"))
            equal((error.code, error.param), ("model_not_found", "model"))
            holds("secret-model" not in error.response.text, error.response.text)
        # The scripted list has one model, which neither is left.
        equal(server.client("key-shop").models.list().data, [])


@check("the list of models is that of all who give one")
def _(context):
    with scripted(text="x") as one, scripted(text="y") as two, gateway(
            context, {"name": "a", "url": one.url}, {"name": "b", "url": dead()}, {"name": "c", "url": two.url}) as server:
        equal([model.id for model in server.client("key-shop").models.list()], ["scripted"])
    with gateway(context, {"name": "a", "url": dead()}, {"name": "b", "url": dead()}) as server:
        raises(openai.InternalServerError, lambda: server.client("key-shop").models.list())


@check("each is sent its own key, and none a caller's")
def _(context):
    with scripted(text="x") as one, scripted(text="y") as two:
        ups = [{"name": "a", "url": one.url, "key": "sk-one"}, {"name": "b", "url": two.url}]
        settings = {"charter": SMALL["charter"], "operators": []}
        with gateway(context, *ups, **settings) as server:
            for _ in range(20):
                ask(server)
    found = {name: {seen.headers.get("authorization") for seen in up.seen} for name, up in (("one", one), ("two", two))}
    equal(found, {"one": {"Bearer sk-one"}, "two": {None}})


@check("which one has answered is told to no client")
def _(context):
    with scripted(text="x") as one, gateway(context, {"name": "the-hidden-name", "url": one.url}, {"name": "b", "url": dead(), "order": 1}) as server:
        answer = server.chat({"model": "m", "messages": ASK}, "key-shop")
        equal(answer.status, 200)
        holds("the-hidden-name" not in json.dumps(answer.headers) + answer.body.decode(), "told")


@check("a client that goes away while one is silent makes nobody else be asked")
def _(context):
    with Silent(ends=False) as first, scripted(text="second") as second, gateway(
            context, {"name": "a", "url": first.url, "first_token": 2},
            {"name": "b", "url": second.url, "order": 1}) as server:
        raises(openai.APITimeoutError, lambda: server.client("key-shop", timeout=0.7).chat.completions.create(
            model="m", messages=ASK))
        time.sleep(2.5)
        equal((first.asked, chats(second)), (1, 0))
