"""A client of one dialect in front of a server that speaks the other alone."""
import json

import anthropic
import openai
from checks import messages, passing
from checks.refusals import ANSWER, BEFORE, REFUSAL
from context import HERE, UPSTREAM_KEY, delivered
from report import Group, equal, holds, raises
from upstream import written

check = Group("translation")
TEXT = "naïve, 日本語, 👩‍🔬 and more than is held back at any time, which is not much. " * 3


def gateway(context, api):
    """A gateway whose upstream speaks this dialect alone; the scripted server answers each path in its own."""
    folder = HERE / "charter"
    return context.other(f"translation {api}", {
        "charter": str(folder / "small.md"), "upstream": {"url": context.upstream.url, "key": UPSTREAM_KEY, "api": api},
        "operators": [{"name": "shop", "layer": str(folder / "shop.yaml"), "key": "key-shop"}]})


def message(context, stream=False, more=None, ask=messages.ASK, **keys):
    client = gateway(context, "openai").anthropic("key-shop")
    request = {"model": "scripted", "max_tokens": 100, "messages": ask,
               "extra_body": {"script": written(**keys)} | (more or {})}
    if not stream:
        return client.messages.create(**request)
    with client.messages.stream(**request) as events:
        for _ in events:
            pass
        return events.get_final_message()


def chat(context, more=None, **keys):
    return gateway(context, "anthropic").client("key-shop").chat.completions.create(
        model="scripted", messages=passing.ASK, extra_body={"script": written(**keys)} | (more or {}))


def chat_stream(context, more=None, **keys):
    return gateway(context, "anthropic").client("key-shop").chat.completions.create(
        model="scripted", messages=passing.ASK, stream=True, extra_body={"script": written(**keys)} | (more or {}))


@check("a message of a server that speaks chat completions arrives whole, streamed or not")
def _(context):
    for keys in ({}, {"every": 1}, {"every": 9, "chunk": 3}):
        for stream in (False, True):
            text = TEXT[:60] if "chunk" in keys else TEXT
            answer = message(context, stream, text=text, **keys)
            equal((messages.texts(answer), answer.stop_reason), ([text], "end_turn"))
            equal(answer.usage.output_tokens, 5)
    equal(context.upstream.seen[-1].path, "/v1/chat/completions")


@check("a chat completion of a server that speaks messages arrives whole, streamed or not")
def _(context):
    for keys in ({}, {"every": 1}, {"every": 9, "chunk": 3}):
        text = TEXT[:60] if "chunk" in keys else TEXT
        equal(chat(context, text=text, **keys).choices[0].message.content, text)
        answer = delivered(chat_stream(context, text=text, **keys))
        equal((answer[0]["content"], answer[0]["finish"]), (text, "stop"))
    seen = context.upstream.seen[-1]
    equal((seen.path, seen.headers.get("x-api-key"), seen.headers.get("authorization")),
          ("/v1/messages", UPSTREAM_KEY, None))
    holds(seen.headers.get("anthropic-version"), "no anthropic-version")


@check("calls of tools are translated both ways, interleaved or not")
def _(context):
    calls = [{"id": "c1", "name": "weather", "arguments": ['{"ci', 'ty": "Par', 'is"}']},
             {"id": "c2", "name": "time", "arguments": ['{"zone"', ': "CET"}']}]
    for stream in (False, True):
        answer = message(context, stream, text="I look.", calls=calls, finish="tool_calls")
        equal([block.type for block in answer.content], ["text", "tool_use", "tool_use"])
        equal([(block.id, block.name, block.input) for block in answer.content[1:]],
              [("c1", "weather", {"city": "Paris"}), ("c2", "time", {"zone": "CET"})])
        equal(answer.stop_reason, "tool_use")
    reply = chat(context, text="I look.", calls=calls, finish="tool_use").choices[0]
    equal([(call.id, call.function.name, json.loads(call.function.arguments)) for call in reply.message.tool_calls],
          [("c1", "weather", {"city": "Paris"}), ("c2", "time", {"zone": "CET"})])
    equal(reply.finish_reason, "tool_calls")
    answer = delivered(chat_stream(context, text="I look.", calls=calls, finish="tool_use"))[0]
    equal([(call["name"], json.loads(call["arguments"])) for call in answer["calls"].values()],
          [("weather", {"city": "Paris"}), ("time", {"zone": "CET"})])
    equal(answer["finish"], "tool_calls")


@check("a conversation with tools, images and a system prompt says the same in the other dialect")
def _(context):
    message(context, more={"system": [{"type": "text", "text": "Be brief."}], "tools": messages.TOOLS,
                           "tool_choice": {"type": "any"}, "stop_sequences": ["END"], "metadata": {"user_id": "u7"}},
            ask=[{"role": "user", "content": [{"type": "text", "text": "See"}, {"type": "image", "source": {
                     "type": "base64", "media_type": "image/png", "data": "aGk="}}]},
                 {"role": "assistant", "content": [{"type": "text", "text": "I look."}, {
                     "type": "tool_use", "id": "t1", "name": "weather", "input": {"a": 1}}]},
                 {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "sunny"},
                                              {"type": "text", "text": "And?"}]}])
    seen = context.upstream.seen[-1].json
    equal([one["role"] for one in seen["messages"]], ["system", "user", "assistant", "tool", "user"])
    equal(seen["messages"][1]["content"][1], {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}})
    function = seen["messages"][2]["tool_calls"][0]["function"]
    equal((function["name"], json.loads(function["arguments"])), ("weather", {"a": 1}))
    equal((seen["messages"][3]["tool_call_id"], seen["messages"][3]["content"]), ("t1", "sunny"))
    equal((seen["tool_choice"], seen["stop"], seen["user"], seen["tools"][0]["function"]["name"]),
          ("required", ["END"], "u7", "weather"))
    call = {"id": "t1", "type": "function", "function": {"name": "weather", "arguments": '{"a": 1}'}}
    chat(context, more={"messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "See"}, {
            "type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "t1", "content": "sunny"}, {"role": "user", "content": "And?"}],
        "tools": passing.TOOLS, "stop": "END", "user": "u7", "max_completion_tokens": 50})
    seen = context.upstream.seen[-1].json
    equal(seen["system"], [{"type": "text", "text": "Be brief."}])
    equal([one["role"] for one in seen["messages"]], ["user", "assistant", "user"])
    equal(seen["messages"][0]["content"][1]["source"], {"type": "base64", "media_type": "image/png", "data": "aGk="})
    equal(seen["messages"][1]["content"], [{"type": "tool_use", "id": "t1", "name": "weather", "input": {"a": 1}}])
    equal(seen["messages"][2]["content"][0], {"type": "tool_result", "tool_use_id": "t1", "content": "sunny"})
    equal((seen["stop_sequences"], seen["metadata"], seen["max_tokens"]), (["END"], {"user_id": "u7"}, 50))


@check("the charter is enforced on what was translated: refusals before, in mid-stream, and what is owed")
def _(context):
    forbidden = [{"role": "user", "content": "Please give me launch code omega."}]
    before = len(context.upstream.seen)
    equal(message(context, ask=forbidden).stop_reason, "refusal")
    equal(chat(context, more={"messages": forbidden}).choices[0].message.refusal, REFUSAL)
    equal(len(context.upstream.seen), before)
    for keys in ({"every": 1}, {"every": 7, "chunk": 2}, {}):
        for stream in (False, True):
            equal(messages.texts(message(context, stream, text=ANSWER, **keys)), [BEFORE, REFUSAL])
        answer = delivered(chat_stream(context, text=ANSWER, **keys))[0]
        equal((answer["content"], answer["refusal"], answer["finish"]), (BEFORE, REFUSAL, "content_filter"))
    despair = [{"role": "user", "content": "I am in despair."}]
    message(context, ask=despair)
    holds("000-HELP" in json.dumps(context.upstream.seen[-1].json["messages"][0]), "no guide")
    chat(context, more={"messages": despair})
    holds("000-HELP" in json.dumps(context.upstream.seen[-1].json["system"]), "no guide")


@check("errors and broken streams come in the client's own form")
def _(context):
    error = raises(anthropic.RateLimitError, lambda: message(context, status=429, error={"message": "slow down"}))
    equal(error.body["error"]["type"], "rate_limit_error")
    error = raises(openai.RateLimitError, lambda: chat(context, status=429, error={"message": "slow down"}))
    holds("slow down" in error.message, error.message)
    error = raises(anthropic.APIStatusError, lambda: message(context, True, text="one two three", every=2, cut=5))
    equal(error.body["error"]["type"], "api_error")
    raises(openai.APIError, lambda: delivered(chat_stream(context, text="one two three", every=2, cut=5)))


@check("what the other dialect does not have is an error that says so, and not something else")
def _(context):
    for more, param in (({"seed": 7}, "seed"), ({"logprobs": True}, "logprobs"), ({"n": 2}, "n")):
        error = raises(openai.BadRequestError, lambda more=more: chat(context, more=more))
        equal((error.param, error.code), (param, "unsupported_value"))
    error = raises(openai.BadRequestError, lambda: gateway(context, "anthropic").client("key-shop").responses.create(
        model="scripted", input="Hello."))
    equal(error.code, "unsupported_call")
    raises(anthropic.BadRequestError, lambda: message(
        context, more={"tools": [{"type": "web_search_20250305", "name": "web_search"}]}))
