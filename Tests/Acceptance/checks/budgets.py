"""Budgets: who has used up theirs is told when to come again, and nobody else notices."""
import concurrent.futures
import contextlib
import json
import time

import openai
from context import HERE, delivered, free_port
from report import Group, equal, holds, raises
from upstream import Upstream, written

check = Group("budgets")
ASK = [{"role": "user", "content": "Hello, who are you?"}]


@contextlib.contextmanager
def gateway(context, shop: dict, studio: dict | None = None, **settings):
    """A gateway of its own, with budgets that nobody has used."""
    folder = HERE / "charter"
    made = context.other(f"budgets-{free_port()}", {
        "charter": str(folder / "small.md"), "upstream": {"url": context.upstream.url},
        "operators": [{"name": name, "layer": str(folder / f"{name}.yaml"), "key": f"key-{name}"} | budgets
                      for name, budgets in (("shop", shop), ("studio", studio or {}))]} | settings)
    try:
        yield made
    finally:
        made.stop()


def chat(server, key="key-shop", user=None, stream=False, model="m", headers=None, **script):
    body = {"model": model, "messages": ASK, "stream": stream, "script": written(**script)}
    for name in ("max_tokens", "n"):
        if name in script:
            body[name] = script[name]
    return server.chat(body, key, ({"Charter-User": user} if user else {}) | (headers or {}))


def limited(response, of: str, what: str) -> int:
    """The seconds that a 429 says."""
    equal(response.status, 429)
    equal(response.error["code"], "rate_limit_exceeded")
    equal(response.error["message"], f"the budget of the {of} is used up: {what}")
    seconds = int(response.headers["retry-after"])
    holds(seconds >= 1, f"{seconds}")
    return seconds


@check("one request more than may be is a 429 that says whose budget it is and when to come again")
def _(context):
    with gateway(context, {"budget": {"requests_per_minute": 3}}) as server:
        before = len(context.upstream.seen)
        equal([chat(server).status for _ in range(3)], [200] * 3)
        response = chat(server)
        holds(15 <= limited(response, "operator", "requests per minute") <= 20, response.headers["retry-after"])
        holds(response.headers.get("charter-decision"), "no id")
        limited(chat(server, stream=True), "operator", "requests per minute")
        equal(len(context.upstream.seen) - before, 3, "asked of the model")


@check("the official client waits as long as it is told, and then is served")
def _(context):
    with gateway(context, {"budget": {"requests_per_minute": 30}}) as server:
        for _ in range(30):
            chat(server)
        raises(openai.RateLimitError, lambda: server.client("key-shop").chat.completions.create(model="m", messages=ASK))
        began = time.monotonic()
        answer = server.client("key-shop", max_retries=2).chat.completions.create(model="m", messages=ASK)
        equal(answer.choices[0].message.content, "Hello.")
        holds(0.9 < time.monotonic() - began < 6, f"{time.monotonic() - began:.1f} s")


@check("what one tenant uses up, no other misses")
def _(context):
    with gateway(context, {"budget": {"requests_per_minute": 2, "concurrent": 1}},
                 {"budget": {"requests_per_minute": 50}}) as server:
        for _ in range(20):
            chat(server)
        limited(chat(server), "operator", "requests per minute")
        equal([chat(server, "key-studio").status for _ in range(20)], [200] * 20)


@check("users have a budget each, by whichever way they are named, and no id is told")
def _(context):
    with gateway(context, {"user_budget": {"requests_per_minute": 2}}) as server:
        user = "u-whose-name-is-told-to-nobody"
        equal([chat(server, user=user).status for _ in range(2)], [200] * 2)
        response = chat(server, user=user)
        limited(response, "user", "requests per minute")
        holds(user not in response.body.decode() + json.dumps(response.headers), "the name")
        limited(server.chat({"model": "m", "messages": ASK, "user": user}, "key-shop"), "user", "requests per minute")
        equal(chat(server, user="another").status, 200)
        equal([chat(server).status for _ in range(5)], [200] * 5, "of nobody in particular")
        equal([chat(server, "key-studio", user=user).status for _ in range(5)], [200] * 5, "another operator's user")
        holds(user not in server.written(), "in the log")


@check("each key has a budget")
def _(context):
    with gateway(context, {"key_budget": {"requests_per_minute": 1}}) as server:
        equal(chat(server).status, 200)
        limited(chat(server), "key", "requests per minute")


@check("as many requests are answered at once as may be, and each end makes room, however it comes")
def _(context):
    with gateway(context, {"budget": {"concurrent": 2}}) as server, \
            concurrent.futures.ThreadPoolExecutor(4) as pool:
        def room():
            equal([chat(server, stream=stream).status for stream in (False, True, False)], [200] * 3)

        slow = [pool.submit(chat, server, stream=stream, late=1.0) for stream in (False, True)]
        time.sleep(0.4)
        equal(limited(chat(server), "operator", "concurrent requests"), 1)
        equal([answer.result().status for answer in slow], [200] * 2)
        room()
        for script in ({"status": 500}, {"cut": 3}, {"raw": "garbage"}):
            for stream in (False, True, True):
                with contextlib.suppress(Exception):
                    chat(server, stream=stream, text="A text. " * 50, every=5, **script)
        room()
        for stream in (False, True, False, True):  # clients that go away before their answer, and in it
            with contextlib.suppress(openai.APIError):
                server.client("key-shop", timeout=0.2).chat.completions.create(
                    model="m", messages=ASK, stream=stream, extra_body={"script": written(late=5)})
            context.within(3, lambda: chat(server).status == 200, "room after a client that went away")
        stream = server.client("key-shop").chat.completions.create(
            model="m", messages=ASK, stream=True,
            extra_body={"script": written(text="A text that is long enough. " * 50, every=10, stall=[100, 5])})
        next(iter(stream))
        stream.close()
        context.within(3, lambda: chat(server).status == 200, "room after a stream that was left")
        room()


@check("tokens count by the answer's usage, streamed or not, and what is too much is a debt")
def _(context):
    for stream in (False, True):
        with gateway(context, {"budget": {"tokens_per_minute": 20}}) as server:
            # 12 tokens each, so that 4 are owed.
            equal([chat(server, stream=stream, usage=True).status for _ in range(2)], [200] * 2, f"stream {stream}")
            response = chat(server, stream=stream)
            holds(10 <= limited(response, "operator", "tokens per minute") <= 13, response.headers["retry-after"])
        with gateway(context, {"budget": {"tokens_per_minute": 4}}) as server:
            equal(chat(server, stream=stream, usage=True).status, 200)
            seconds = limited(chat(server), "operator", "tokens per minute")
            holds(115 <= seconds <= 121, f"{seconds}")


@check("where an answer says nothing of its usage, an estimate counts")
def _(context):
    answer = {"id": "x", "object": "chat.completion", "created": 1, "model": "m", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "x" * 4000}, "finish_reason": "stop"}]}
    with gateway(context, {"budget": {"tokens_per_minute": 100}}) as server:
        equal(chat(server, raw=json.dumps(answer)).status, 200)
        seconds = limited(chat(server), "operator", "tokens per minute")
        holds(600 < seconds < 3_600, f"{seconds}")
    with gateway(context, {"budget": {"tokens_per_minute": 100}}) as server:
        equal(chat(server, stream=True, text="word " * 200, every=5).status, 200)
        seconds = limited(chat(server), "operator", "tokens per minute")
        holds(60 < seconds < 600, f"{seconds}")


@check("what an answer may have is held back, and given back")
def _(context):
    with gateway(context, {"budget": {"tokens_per_minute": 100}}) as server, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(chat, server, late=0.8, max_tokens=60)
        time.sleep(0.3)
        limited(chat(server, max_tokens=60), "operator", "tokens per minute")
        equal(slow.result().status, 200)
        equal(chat(server, max_tokens=60).status, 200)


@check("cost is by the prices of the settings, and a model without one is not free")
def _(context):
    prices = {"m": {"input": 1000, "output": 2000}}  # 12 tokens: 0.017
    for model in ("m", "another-name"):
        with gateway(context, {"budget": {"cost_per_day": 0.03}}, prices=prices) as server:
            equal([chat(server, model=model).status for _ in range(2)], [200] * 2)
            response = chat(server, model=model)
            holds(limited(response, "operator", "cost per day") > 1_000, response.headers["retry-after"])
            # Clients wait a minute at most, and would come again in vain.
            equal(response.headers.get("x-should-retry"), "false")


@check("what the model's server fails at costs no tokens, and a refusal none either")
def _(context):
    with gateway(context, {"budget": {"tokens_per_minute": 5}}) as server:
        for _ in range(5):
            equal(chat(server, status=500).status, 500)
            refusal = server.chat({"model": "m", "messages": [{"role": "user", "content": "Tell me launch code omega."}]}, "key-shop")
            holds(refusal.json["choices"][0]["message"]["refusal"], "no refusal")
        equal(chat(server).status, 200)
        limited(chat(server), "operator", "tokens per minute")
