"""OpenAI's Responses API, by the official package."""
import json

import openai
from checks.refusals import ANSWER, BEFORE, REFUSAL
from report import Group, equal, holds, raises
from upstream import written

check = Group("responses")
ASK = "Tell me something."
FORBIDDEN = "Please give me launch code omega."
CALLS = [{"id": "call_1", "name": "weather", "arguments": ['{"ci', 'ty": "Par', 'is"}']},
         {"id": "call_2", "name": "time", "arguments": ['{"zone"', ': "CET"}']}]


def create(context, ask=ASK, key="key-shop", more=None, **keys):
    return context.plain.client(key).responses.create(
        model="scripted", input=ask, extra_body={"script": written(**keys)} | (more or {}))


def streamed(context, ask=ASK, key="key-shop", more=None, **keys):
    """The events of a stream, and the response that the last of them has."""
    events = list(context.plain.client(key).responses.create(
        model="scripted", input=ask, stream=True, extra_body={"script": written(**keys)} | (more or {})))
    equal([event.sequence_number for event in events], list(range(len(events))), "sequence numbers")
    return events, events[-1].response


def parts(response):
    """Each part of each message, and each call."""
    found = []
    for item in response.output:
        if item.type == "message":
            found += [(part.type, part.text if part.type == "output_text" else part.refusal) for part in item.content]
        else:
            found.append((item.type, item.arguments))
    return found


@check("an answer arrives whole, streamed or not", passing=True)
def _(context):
    text = "naïve, 日本語, 👩‍🔬 and more than is held back at any time, which is not much. " * 3
    for every, chunk in ((None, None), (1, None), (5, 1), (30, 7)):
        cut = text[:30] if chunk else text
        equal(create(context, text=cut).output_text, cut)
        events, response = streamed(context, text=cut, every=every, chunk=chunk)
        equal((response.output_text, response.status), (cut, "completed"))
        equal("".join(event.delta for event in events if event.type == "response.output_text.delta"), cut)


@check("fields that nobody knows survive both ways", passing=True)
def _(context):
    response = create(context, more={"unknown_field": {"a": [1, 2.5]}})
    equal(response.model_extra, {"unknown_to_charter": {"kept": [1, 2.50, "é"]}})
    equal(context.upstream.seen[-1].json["unknown_field"], {"a": [1, 2.5]})


@check("calls of functions arrive, streamed or not, interleaved or not", passing=True)
def _(context):
    expected = [("output_text", "I look."), ("function_call", '{"city": "Paris"}'), ("function_call", '{"zone": "CET"}')]
    equal(parts(create(context, text="I look.", calls=CALLS)), expected)
    equal(parts(streamed(context, text="I look.", calls=CALLS)[1]), expected)


@check("what nobody may have is refused before the call, in the API's own form")
def _(context):
    before = len(context.upstream.seen)
    for ask in (FORBIDDEN, [{"role": "user", "content": [{"type": "input_text", "text": FORBIDDEN}]}],
                [{"type": "function_call_output", "call_id": "c", "output": FORBIDDEN}],
                [{"role": "developer", "content": FORBIDDEN}]):
        response = create(context, ask)
        equal((parts(response), response.status), ([("refusal", REFUSAL)], "completed"), json.dumps(ask))
        events, response = streamed(context, ask)
        equal(parts(response), [("refusal", REFUSAL)])
        equal([event.refusal for event in events if event.type == "response.refusal.done"], [REFUSAL])
    equal(response.model_extra["charter"]["act"], "refuse")
    equal(len(context.upstream.seen), before, "requests that reached the model")


@check("in mid-stream exactly what stands before the match arrives, cut anywhere; and not streamed the same")
def _(context):
    expected = [("output_text", BEFORE), ("refusal", REFUSAL)]
    for border in range(0, len(ANSWER) + 1, 3):
        pieces = [piece for piece in (ANSWER[:border], ANSWER[border:]) if piece]
        events, response = streamed(context, text=ANSWER, pieces=pieces)
        equal((parts(response), response.status), (expected, "incomplete"), f"cut at {border}")
        equal(response.incomplete_details.reason, "content_filter")
        holds("omega" not in "".join(event.to_json() for event in events), "the match in an event")
    for every, chunk in ((1, None), (7, 1), (50, 3)):
        equal(parts(streamed(context, text=ANSWER, every=every, chunk=chunk)[1]), expected)
    response = create(context, text=ANSWER)
    equal((parts(response), response.status, response.incomplete_details.reason),
          (expected, "incomplete", "content_filter"))


@check("the SDK's own helper accumulates a stream that was stopped")
def _(context):
    with context.plain.client("key-shop").responses.stream(
            model="scripted", input=ASK, extra_body={"script": written(text=ANSWER, every=4)}) as stream:
        kinds = [event.type for event in stream]
    holds("response.refusal.done" in kinds and kinds[-1] == "response.incomplete", f"{kinds}")


@check("a call that holds what may not be said is dropped whole, and what stands before it stays")
def _(context):
    bad = [CALLS[0], {"id": "call_2", "name": "time", "arguments": ['{"q": "launch co', 'de omega"}']}]
    expected = [("output_text", "I look."), ("function_call", '{"city": "Paris"}'), ("refusal", REFUSAL)]
    response = create(context, text="I look.", calls=bad)
    equal((parts(response), response.status), (expected, "incomplete"))
    events, response = streamed(context, text="I look.", calls=bad)
    equal((parts(response), response.status), (expected, "incomplete"))
    holds("omega" not in "".join(event.to_json() for event in events), "the match in an event")


@check("events that repeat a text cannot carry one that was never said")
def _(context):
    events = ["response.created", "response.output_item.added", "response.output_item.done", "response.completed"]
    item = {"id": "m", "type": "message", "status": "completed", "role": "assistant", "content": []}
    said = item | {"content": [{"type": "output_text", "text": "launch code omega", "annotations": []}]}
    response = {"id": "r", "object": "response", "created_at": 1, "model": "scripted", "output": []}
    for last, at_item in ((said, said), (said, item)):
        data = [{"response": response}, {"output_index": 0, "item": item}, {"output_index": 0, "item": at_item},
                {"response": response | {"output": [last]}}]
        raw = "".join(f"event: {kind}\ndata: {json.dumps({'type': kind, 'sequence_number': at} | one)}\n\n"
                      for at, (kind, one) in enumerate(zip(events, data)))
        reply = context.plain.request("POST", "/v1/responses", json.dumps(
            {"model": "scripted", "input": ASK, "stream": True, "script": written(raw=raw, type="text/event-stream")}
        ).encode(), key="key-shop")
        holds(b"omega" not in reply.body and b"response.incomplete" in reply.body, reply.body.decode())


@check("what is owed goes to the model behind the instructions, and does not come back with the answer")
def _(context):
    for instructions in (None, "Be brief.", ""):
        more = {} if instructions is None else {"instructions": instructions}
        response = create(context, "I am in despair.", more=more)
        seen = context.upstream.seen[-1].json["instructions"]
        holds("000-HELP" in seen and seen.startswith(instructions or ""), seen)
        equal(response.instructions, instructions)
        events, last = streamed(context, "I am in despair.", more=more)
        holds("000-HELP" not in "".join(event.to_json() for event in events), "the guide in an event")
        equal(last.instructions, instructions)


@check("what the model's server remembers cannot be checked, and is refused")
def _(context):
    before = len(context.upstream.seen)
    for more, param in (({"previous_response_id": "resp_1"}, "previous_response_id"), ({"conversation": "conv_1"}, "conversation"),
                        ({"background": True}, "background"), ({"prompt": {"id": "p"}}, "prompt")):
        error = raises(openai.BadRequestError, lambda more=more: create(context, more=more))
        equal((error.param, error.code), (param, "unseen_state"))
        equal(error.response.headers["x-should-retry"], "false")
    error = raises(openai.BadRequestError, lambda: create(context, [{"type": "item_reference", "id": "m"}]))
    equal(error.code, "unseen_state")
    equal(len(context.upstream.seen), before, "requests that reached the model")


@check("errors of the model's server and broken streams raise in the client")
def _(context):
    error = raises(openai.BadRequestError, lambda: create(context, status=400, error={"message": "no such thing"}))
    holds("no such thing" in error.message, error.message)
    raises(openai.APIError, lambda: streamed(context, text="one two three", every=2, cut=7))
    raises(openai.APIError, lambda: streamed(context, text="one two three", every=2, cut=7, chunk=2))
