"""OpenAI's older completions, by the official package."""
import json

import openai
from checks.refusals import ANSWER, BEFORE, HELP, REFUSAL
from checks.translation import gateway
from report import Group, equal, holds, raises
from upstream import written

check = Group("completions")
TEXT = "naïve, 日本語, 👩‍🔬 and more than is held back at any time, which is not much. " * 3


def create(context, prompt="Tell me something.", stream=False, server=None, more=None, **keys):
    return (server or context.plain).client("key-shop").completions.create(
        model="scripted", prompt=prompt, stream=stream, extra_body={"script": written(**keys)} | (more or {}))


def texts(stream):
    """The text of each choice, and why it ended."""
    found: dict = {}
    for event in stream:
        for choice in event.choices:
            text, reason = found.get(choice.index, ("", None))
            holds(reason is None, f"choice {choice.index} goes on behind its end")
            found[choice.index] = (text + choice.text, choice.finish_reason)
    return found


@check("an answer arrives whole, streamed or not, with its usage and what nobody knows", passing=True)
def _(context):
    for every, chunk in ((None, None), (1, None), (5, 1), (30, 7)):
        text = TEXT[:30] if chunk else TEXT
        whole = create(context, text=text)
        equal((whole.choices[0].text, whole.choices[0].finish_reason), (text, "stop"))
        equal((whole.usage.total_tokens, whole.model_extra), (12, {"unknown_to_charter": {"kept": [1, 2.50, "é"]}}))
        equal(texts(create(context, stream=True, text=text, every=every, chunk=chunk)), {0: (text, "stop")})
    events = list(create(context, stream=True, more={"stream_options": {"include_usage": True}}))
    equal((events[-1].choices, events[-1].usage.total_tokens), ([], 12))


@check("what nobody may have is refused before the call, wherever it stands, in every choice")
def _(context):
    before = len(context.upstream.seen)
    ask = "Please give me launch code omega."
    for prompt, more, choices in ((ask, {}, 1), (["Hello.", ask], {"n": 2}, 4), ("Hello.", {"suffix": ask}, 1)):
        whole = create(context, prompt, more=more)
        equal([(one.index, one.text, one.finish_reason) for one in whole.choices], [(at, REFUSAL, "content_filter") for at in range(choices)])
        equal(texts(create(context, prompt, True, more=more)), {at: (REFUSAL, "content_filter") for at in range(choices)})
    equal(whole.model_extra["charter"]["act"], "refuse")
    equal(len(context.upstream.seen), before, "requests that reached the model")


@check("exactly what stands before a match arrives, cut anywhere, streamed or not; and the others go on")
def _(context):
    stopped = (f"{BEFORE}\n\n{REFUSAL}", "content_filter")
    for border in range(0, len(ANSWER) + 1, 3):
        pieces = [piece for piece in (ANSWER[:border], ANSWER[border:]) if piece]
        equal(texts(create(context, stream=True, text=ANSWER, pieces=pieces)), {0: stopped}, f"cut at {border}")
    whole = create(context, text=ANSWER).choices[0]
    equal((whole.text, whole.finish_reason), stopped)
    several = ["One.", ANSWER, "Three."]
    expected = {0: ("One.", "stop"), 1: stopped, 2: ("Three.", "stop")}
    equal(texts(create(context, stream=True, text=several, every=4, more={"n": 3})), expected)
    equal({one.index: (one.text, one.finish_reason) for one in create(context, text=several, more={"n": 3}).choices}, expected)


@check("where nobody can be guided it is refused, and help that is owed is given")
def _(context):
    before = len(context.upstream.seen)
    guided = create(context, "Tell me which stock to buy.").choices[0]
    equal(guided.finish_reason, "content_filter")
    holds("Stock tips" in guided.text, guided.text)
    owed = create(context, "I am in despair.").choices[0]
    holds(HELP in owed.text, owed.text)
    equal(len(context.upstream.seen), before, "requests that reached the model")


@check("what cannot be looked at is an error, as is a server that has no such call")
def _(context):
    for prompt in ([1, 2], [[1, 2]], ["a", 7], []):
        error = raises(openai.BadRequestError, lambda prompt=prompt: create(context, prompt))
        holds(error.param.startswith("prompt"), error.param)
    error = raises(openai.BadRequestError, lambda: create(context, server=gateway(context, "anthropic")))
    equal(error.code, "unsupported_call")
    for raw in ('{"choices":[{"index":0,"delta":{"content":"launch code omega"}}]}', '{"choices":[{"index":0,"message":{"content":"launch code omega"}}]}'):
        for stream in (False, True):
            response = context.plain.request("POST", "/v1/completions", json.dumps({"model": "m", "prompt": "x", "stream": stream, "script": written(
                raw=f"data: {raw}\n\n" if stream else raw, type="text/event-stream" if stream else "application/json")}).encode(), key="key-shop")
            holds(b"omega" not in response.body and b"upstream_malformed" in response.body, response.body.decode())
