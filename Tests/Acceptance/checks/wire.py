"""The wire checklist (D of the research on gateways): each check is named after its item."""
import base64
import http.client
import json
import socket
import struct
import time

import anthropic
import openai
from checks import identity
from checks.hostile import ANTHROPIC, BEGUN, OPENAI, PROTOCOLS, STREAMED, body, error, fault, head, received, send
from checks.messages import CALLS as MESSAGE_CALLS
from checks.refusals import ANSWER, BEFORE, FORBIDDEN, HARMLESS, REFUSAL
from context import UPSTREAM_KEY, delivered
from report import Group, equal, holds, raises
from upstream import written

check = Group("wire")
CALLS = [{"id": "call_1", "name": "weather", "arguments": ['{"ci', 'ty": "Par', 'is"}']},
         {"id": "call_2", "name": "time", "arguments": ['{"zone"', ': "CET"}']}]
BAD_CALLS = [CALLS[0], {"id": "call_2", "name": "time", "arguments": ['{"q": "launch co', 'de omega"}']}]
WORDS = {"chat": {"messages": FORBIDDEN}, "completions": {"prompt": "Please give me launch code omega."},
         "responses": {"input": "Please give me launch code omega."}, "messages": {"messages": FORBIDDEN}}


def chat(context, messages=HARMLESS, stream=False, client=None, more=None, **keys):
    return (client or context.plain.client("key-shop")).chat.completions.create(
        model="scripted", messages=messages, stream=stream, extra_body={"script": written(**keys)} | (more or {}))


def message(context, messages=HARMLESS, client=None, **keys):
    return (client or context.plain.anthropic("key-shop")).messages.create(
        model="scripted", max_tokens=9, messages=messages, extra_body={"script": written(**keys)})


def events(context, name, **keys):
    """The events of a streamed answer: their types in the framing, and their data."""
    raw = send(context, name, body(name, stream=True, script=written(**keys))).body.decode()
    found = []
    for event in raw.split("\n\n")[:-1]:
        lines = event.split("\n")
        kind = lines[0].removeprefix("event: ") if lines[0].startswith("event: ") else None
        data = "\n".join(line.removeprefix("data: ") for line in lines if line.startswith("data: "))
        found.append((kind, data if data == "[DONE]" else json.loads(data)))
    return found


# D1, HTTP

@check("D1: Keys: as a bearer and as x-api-key, for every call, and never in the log")
def _(context):
    for name, (path, _) in PROTOCOLS.items():
        data = json.dumps(body(name)).encode()
        for headers in ({"Authorization": "Bearer key-shop"}, {"x-api-key": "key-shop"}, {"Authorization": "Bearer key-shop", "x-api-key": "other"}):
            equal(context.plain.request("POST", path, data, headers).status, 200, f"{name} {list(headers)}")
        error(name, context.plain.request("POST", path, data), 401)
        error(name, context.plain.request("POST", path, data, {"x-api-key": "key-nobody"}), 401)
    equal([key for key in ("key-shop", "key-nobody", UPSTREAM_KEY) if key in context.plain.written()], [])


@check("D1: Paths: those of OpenAI's clients, whose base has /v1, and of Anthropic's, whose base has not")
def _(context):
    client, other = context.plain.client("key-shop"), context.plain.anthropic("key-shop")
    equal(client.chat.completions.create(model="m", messages=HARMLESS).choices[0].message.content, "Hello.")
    equal(client.completions.create(model="m", prompt="Hi").choices[0].text, "Hello.")
    equal(client.responses.create(model="m", input="Hi").output_text, "Hello.")
    equal(len(client.embeddings.create(model="m", input=["a", "b"]).data), 2)
    equal(client.moderations.create(input="Hi").results[0].flagged, False)
    equal(client.models.retrieve("scripted").id, "scripted")
    equal(other.messages.create(model="m", max_tokens=9, messages=HARMLESS).content[0].text, "Hello.")
    equal(other.messages.count_tokens(model="m", messages=HARMLESS).input_tokens, 42)
    equal([seen.path for seen in context.upstream.seen[-8:]],
          ["/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/embeddings", "/v1/moderations", "/v1/models",
           "/v1/messages", "/v1/messages/count_tokens"])


@check("D1: Answer x-request-id and request-id: the decision's id, which both clients show on every error")
def _(context):
    for name in PROTOCOLS:
        response = send(context, name, body(name))
        equal(response.headers["x-request-id" if name in OPENAI else "request-id"], response.headers["charter-decision"], name)
    failed = raises(openai.BadRequestError, lambda: chat(context, messages=[{"role": "king", "content": "x"}]))
    holds(failed.request_id and len(failed.request_id) == 32, f"{failed.request_id}")
    failed = raises(anthropic.BadRequestError, lambda: message(context, [{"role": "king", "content": "x"}]))
    holds(failed.request_id and failed.request_id == failed.body["request_id"], f"{failed.request_id}")


@check("D1: Pass unknown request fields upstream and unknown response fields back, and reach the caller with extra ones")
def _(context):
    for name in STREAMED:
        response = send(context, name, body(name, unknown={"a": [1, 2.50]}, script=written()))
        equal(context.upstream.seen[-1].json["unknown"], {"a": [1, 2.5]}, name)
        equal(response.json["unknown_to_charter"], {"kept": [1, 2.50, "é"]}, name)
        refused = send(context, name, body(name) | WORDS[name]).json
        equal((refused["charter"]["act"], len(refused["charter"]["decision"])), ("refuse", 32), name)
    equal(chat(context, FORBIDDEN).model_extra["charter"]["behaviors"][0]["behavior"], "launch_codes")


@check("D1: Accept content as string and as array of parts in every role, null content with tool_calls, system as string or blocks")
def _(context):
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    for role in ("system", "developer", "user", "assistant", "tool", "function"):
        for content in ("Hi", [{"type": "text", "text": "Hi"}]):
            more = {"tool": {"tool_call_id": "c"}, "function": {"name": "f"}}.get(role, {})
            equal(send(context, "chat", body("chat", messages=[{"role": role, "content": content} | more])).status, 200, role)
    equal(send(context, "chat", body("chat", messages=[*HARMLESS, {"role": "assistant", "content": None, "tool_calls": [call]}])).status, 200)
    for system in ("Hi", [{"type": "text", "text": "Hi"}], None, []):
        equal(send(context, "messages", body("messages", system=system)).status, 200)


@check("D1: Request bodies up to some MiB, 413 beyond the limit, Expect: 100-continue")
def _(context):
    for name in OPENAI | ANTHROPIC:
        equal(send(context, name, body(name, padding="x" * (5 << 20))).status, 200, name)
        error(name, send(context, name, body(name, padding="x" * (9 << 20))), 413)
    data = json.dumps(body("chat")).encode()
    with socket.create_connection(("127.0.0.1", context.plain.port), timeout=5) as connection:
        connection.sendall(head("/v1/chat/completions", "Expect: 100-continue", "Connection: close", f"Content-Length: {len(data)}"))
        equal(connection.recv(100), b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(data)
        holds(received(connection).startswith(b"HTTP/1.1 200 OK\r\n"), "no answer behind it")
    # Who is not to send it is not told to.
    for wrong in (head("/v1/chat/completions", "Expect: 100-continue", "Content-Length: 100000000"),
                  head("/v1/chat/completions", "Expect: 100-continue", "Content-Length: 10", key="nobody")):
        with socket.create_connection(("127.0.0.1", context.plain.port), timeout=5) as connection:
            connection.sendall(wrong)
            holds(connection.recv(100)[:12] in (b"HTTP/1.1 413", b"HTTP/1.1 401"), "it was told to go on")


@check("D1: SDK defaults: a try again is a request of its own, with a decision of its own")
def _(context):
    before = len(context.upstream.seen)
    failed = raises(openai.InternalServerError, lambda: chat(
        context, client=context.plain.client("key-shop", max_retries=2), status=500, headers={"retry-after-ms": "1"}))
    equal(len(context.upstream.seen) - before, 3)
    equal(failed.response.request.headers["x-stainless-retry-count"], "2")
    holds(failed.response.headers["charter-decision"], "no decision")


@check("D1: Client gone: the upstream is cancelled at once, and the decision is kept all the same")
def _(context):
    for name in STREAMED:
        data = json.dumps(body(name, stream=True, script=written(text=ANSWER[:50] * 5, every=10, stall=[12, 30]))).encode()
        connection = http.client.HTTPConnection("127.0.0.1", context.plain.port, timeout=5)
        connection.request("POST", PROTOCOLS[name][0], data, {"Authorization": "Bearer key-shop"})
        answer = connection.getresponse()
        answer.read(10)
        seen = context.upstream.seen[-1]
        answer.close()
        connection.close()
        context.within(1.0, lambda seen=seen: seen.closed is not None, f"{name}: the model's server saw the closing")
        kept = context.plain.request("GET", "/charter/v1/decisions/" + answer.headers["charter-decision"], key="key-shop")
        equal(kept.status, 200, name)


# D2, errors

@check("D2: OpenAI: {error: {message, type, param, code}}, Anthropic: {type: error, error, request_id}")
def _(context):
    for name in PROTOCOLS:
        error(name, send(context, name, b"{"), 400)
        error(name, context.plain.request("POST", PROTOCOLS[name][0], b"{}"), 401)
    failed = raises(openai.BadRequestError, lambda: chat(context, status=400, error={"code": 17, "message": "no"}))
    equal((failed.code, failed.body["message"]), ("17", "no"))


@check("D2: Class by status only: each reaches both clients as its own class")
def _(context):
    classes = {400: "BadRequestError", 404: "NotFoundError", 409: "ConflictError", 422: "UnprocessableEntityError", 429: "RateLimitError"}
    ours = classes | dict.fromkeys((500, 503, 529), "InternalServerError")
    theirs = classes | {500: "InternalServerError", 503: "ServiceUnavailableError", 529: "OverloadedError"}
    for status, kind, other in ((status, ours[status], theirs[status]) for status in ours):
        for stream in (False, True):
            raises(getattr(openai, kind), lambda stream=stream, status=status: chat(context, stream=stream, status=status))
        raises(getattr(anthropic, other, None) or getattr(anthropic._exceptions, other), lambda status=status: message(context, status=status))
    raises(openai.AuthenticationError, lambda: chat(context, client=context.plain.client("key-nobody")))
    raises(anthropic.AuthenticationError, lambda: message(context, client=context.plain.anthropic("key-nobody")))


@check("D2: Retried by both SDKs: a refusal never has such a status, and says x-should-retry: false")
def _(context):
    before = len(context.upstream.seen)
    for name, words in WORDS.items():
        for stream in (False, True):
            response = send(context, name, body(name, stream=stream) | words)
            equal((response.status, response.headers["x-should-retry"]), (200, "false"), f"{name}, stream {stream}")
    client = context.plain.client("key-shop", max_retries=2)
    equal(client.chat.completions.create(model="m", messages=FORBIDDEN).choices[0].message.refusal, REFUSAL)
    equal(len(context.upstream.seen), before, "requests that reached the model's server")


@check("D2: retry-after of the model's server reaches whoever asked, in both forms of the protocol")
def _(context):
    for client, kind, ask in ((None, openai.RateLimitError, chat), (None, anthropic.RateLimitError, message)):
        failed = raises(kind, lambda ask=ask: ask(context, status=429, headers={"retry-after": "7.5"}))
        equal(failed.response.headers["retry-after"], "7.5")


@check("D2: Verdicts: refused is 200 in the answer's own shape, an unknown key 401, a known one that may not 403, no policy 503")
def _(context):
    equal(chat(context, FORBIDDEN).choices[0].message.refusal, REFUSAL)
    equal(message(context, FORBIDDEN).stop_reason, "refusal")
    error("messages", context.plain.request("POST", "/v1/messages", b"{}"), 401)
    key = identity.keys(context, "create", "--operator", "shop", "--model", "other").stdout.strip()
    server = identity.gateway(context)
    context.within(5, lambda: server.client(key).models.list(), "a new key does not count")
    for name in PROTOCOLS:
        response = server.request("POST", PROTOCOLS[name][0], json.dumps(body(name)).encode(), key=key)
        error(name, response, 403)
        equal(response.headers["x-should-retry"], "false", name)


@check("D2: Never HTTP 200 with an error object as the body, streamed or not")
def _(context):
    for name in PROTOCOLS:
        for stream in (False, True) if name in STREAMED else (False,):
            fault(context, name, stream, raw='{"error":{"message":"out of memory","type":"server_error"}}')
    failed = raises(openai.InternalServerError, lambda: chat(context, stream=True, raw='{"error":{"message":"out of memory"}}'))
    holds("out of memory" in failed.message, failed.message)


# D3, chat completions

@check("D3: id, object, created, model, choices, usage: of a refusal as of an answer")
def _(context):
    for reply in (chat(context), chat(context, FORBIDDEN)):
        holds(reply.id.startswith("chatcmpl-") and reply.object == "chat.completion" and reply.created and reply.model == "scripted", repr(reply))
        choice = reply.choices[0]
        equal((choice.index, choice.message.role, choice.finish_reason, choice.logprobs), (0, "assistant", "stop", None))
        holds(reply.usage.total_tokens >= 0, "no usage")


@check("D3: Refusal, structured: message.refusal, null content, stop; cut by policy: content_filter, which the helpers raise")
def _(context):
    refused = chat(context, FORBIDDEN).choices[0]
    equal((refused.message.refusal, refused.message.content, refused.finish_reason), (REFUSAL, None, "stop"))
    cut = chat(context, text=ANSWER).choices[0]
    equal((cut.message.content, cut.message.refusal, cut.finish_reason), (BEFORE, REFUSAL, "content_filter"))
    raises(openai.ContentFilterFinishReasonError, lambda: context.plain.client("key-shop").chat.completions.parse(
        model="m", messages=HARMLESS, extra_body={"script": written(text=ANSWER)}))


@check("D3: SSE: its content type, no cache, no compression, no length, an event at a time; whatever form the upstream's has")
def _(context):
    for name in STREAMED:
        response = send(context, name, body(name, stream=True), {"Accept-Encoding": "gzip, br"})
        equal((response.headers["content-type"], response.headers["cache-control"]), ("text/event-stream", "no-cache"), name)
        holds(not {"content-length", "content-encoding"} & set(response.headers), f"{name}: {response.headers}")
        for form in ("crlf", "tight", "comments"):
            sent = send(context, name, body(name, stream=True, script=written(form=form, chunk=3))).body
            holds(b"\r" not in sent and b"\n\n\n" not in sent and sent.endswith(b"\n\n"), f"{name}, {form}: {sent!r}")
    chunk = '{"id":"x","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}'
    raw = f"data:\n\ndata: \n\ndata: {chunk[:20]}\ndata: {chunk[20:]}\n\ndata: [DONE]\n\n"
    equal(delivered(chat(context, stream=True, raw=raw, type="text/event-stream"))[0]["content"], "Hi")


@check("D3: First chunk has the role, the last one the reason, then usage where it is asked for, then [DONE] and nothing; ids stay")
def _(context):
    for messages, keys in ((HARMLESS, {}), (FORBIDDEN, {}), (HARMLESS, {"text": ANSWER, "every": 7})):
        chunks = list(context.plain.client("key-shop").chat.completions.create(
            model="scripted", messages=messages, stream=True, stream_options={"include_usage": True}, extra_body={"script": written(**keys)}))
        equal(len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}), 1)
        equal(chunks[0].choices[0].delta.role, "assistant")
        if not keys:  # an answer that is stopped ends before its usage is known
            equal(chunks[-1].choices, [])
            holds(chunks[-1].usage and all(chunk.usage is None for chunk in chunks[:-1]), "usage")
            chunks.pop()
        equal([choice.finish_reason is not None for chunk in chunks for choice in chunk.choices].index(True), len(chunks) - 1)
        sent = send(context, "chat", body("chat", messages=messages, stream=True, script=written(**keys))).body
        equal(sent.count(b"[DONE]"), 1)
        holds(sent.endswith(b"data: [DONE]\n\n"), "something behind the end")


@check("D3: Missing [DONE] is tolerated, a missing finish_reason is no whole answer")
def _(context):
    chunk = 'data: {"id":"x","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":%s}]}\n\n'
    answer = delivered(chat(context, stream=True, raw=chunk % '"stop"', type="text/event-stream"))[0]
    equal((answer["content"], answer["finish"]), ("Hi", "stop"))
    for end in ("", "data: [DONE]\n\n"):
        failed = raises(openai.APIError, lambda end=end: delivered(chat(context, stream=True, raw=chunk % "null" + end, type="text/event-stream")))
        equal(failed.code, "upstream_cut_off")


@check("D3: Error after the first byte: an event, then the end; and what is not cleared stays back")
def _(context):
    failed = raises(openai.APIError, lambda: delivered(chat(context, stream=True, text=ANSWER[:70], every=5, cut=12)))
    equal((failed.code, failed.type), ("upstream_cut_off", "server_error"))
    sent = send(context, "chat", body("chat", stream=True, script=written(text="launch code ome", every=3, cut=6))).body
    holds(b"launch" not in sent and sent.endswith(b"}}\n\n") and b"[DONE]" not in sent, f"{sent!r}")


@check("D3: tool_calls deltas: index always, id, type and name in the first alone; one that may not be is dropped with its reason")
def _(context):
    seen = {}
    for chunk in chat(context, stream=True, calls=CALLS, text="I look."):
        for call in [call for choice in chunk.choices for call in choice.delta.tool_calls or []]:
            holds(isinstance(call.index, int), "a call without its index")
            first = call.index not in seen
            equal((bool(call.id), bool(call.type), bool(call.function.name)), (first,) * 3)
            seen[call.index] = seen.get(call.index, "") + call.function.arguments
    equal([json.loads(arguments) for arguments in seen.values()], [{"city": "Paris"}, {"zone": "CET"}])
    for answer in (delivered(chat(context, stream=True, calls=BAD_CALLS[1:], finish="tool_calls"))[0],):
        equal((answer["calls"], answer["refusal"], answer["finish"]), ({}, REFUSAL, "content_filter"))


@check("D3: delta.refusal arrives as a refusal; of n answers each is watched by itself; what repeats a changed text is gone")
def _(context):
    with context.plain.client("key-shop").chat.completions.stream(model="scripted", messages=FORBIDDEN) as stream:
        equal([event.refusal for event in stream if event.type == "refusal.done"], [REFUSAL])
    answer = delivered(chat(context, stream=True, more={"n": 3}, text=["One.", ANSWER, "Three."], every=3))
    equal([(answer[at]["content"], answer[at]["finish"]) for at in range(3)], [("One.", "stop"), (BEFORE, "content_filter"), ("Three.", "stop")])
    logprobs = '{"content":[{"token":"Launch code omega","logprob":-1,"top_logprobs":[]}]}'
    raw = ('{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Launch code omega"},'
           f'"logprobs":{logprobs},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":1,"completion_tokens":3,"total_tokens":4}}}}')
    reply = chat(context, raw=raw)
    equal((reply.choices[0].logprobs, reply.usage.total_tokens), (None, 4))
    chunk = ('data: {"id":"x","choices":[{"index":0,"delta":{"content":"Launch code omega"},' f'"logprobs":{logprobs},"finish_reason":null}}]}}\n\n')
    sent = send(context, "chat", body("chat", stream=True, script=written(raw=chunk, type="text/event-stream"))).body
    holds(b"omega" not in sent and b"content_filter" in sent, f"{sent!r}")


# D4, responses

@check("D4: Both event and data.type, sequence_number from 0 without gaps")
def _(context):
    for keys in ({}, {"text": ANSWER, "every": 5}, {"calls": BAD_CALLS, "text": "I look."}):
        found = events(context, "responses", **keys)
        equal([kind for kind, _ in found], [data["type"] for _, data in found])
        equal([data["sequence_number"] for _, data in found], list(range(len(found))))
    refused = send(context, "responses", body("responses", stream=True) | WORDS["responses"]).body.decode()
    equal([json.loads(line[6:])["sequence_number"] for line in refused.split("\n") if line.startswith("data: ")],
          list(range(refused.count("data: "))))


@check("D4: Order for text, and every event that repeats the text has what was delivered of it")
def _(context):
    found = [kind for kind, _ in events(context, "responses", text="Hello there.", every=6)]
    equal(found, [f"response.{kind}" for kind in (
        "created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.delta", "output_text.done",
        "content_part.done", "output_item.done", "completed")])
    found = events(context, "responses", text=ANSWER, every=5)
    holds("omega" not in json.dumps(found), "the match")
    equal([data["text"] for kind, data in found if kind == "response.output_text.done"], [BEFORE])
    equal(found[-1][1]["response"]["output"][0]["content"][0]["text"], BEFORE)
    for _, data in found:
        if data["type"].startswith("response.output_text"):
            holds({"item_id", "output_index", "content_index"} <= set(data), f"{data}")


@check("D4: Refusal: a part of its own with its events; cut: response.incomplete; failure: an error that raises")
def _(context):
    client = context.plain.client("key-shop")
    kinds = [event.type for event in client.responses.create(model="m", input=WORDS["responses"]["input"], stream=True)]
    holds({"response.refusal.delta", "response.refusal.done", "response.completed"} <= set(kinds), f"{kinds}")
    last = events(context, "responses", text=ANSWER)[-1]
    equal((last[0], last[1]["response"]["incomplete_details"]), ("response.incomplete", {"reason": "content_filter"}))
    failed = raises(openai.APIError, lambda: list(client.responses.create(
        model="m", input="Hi", stream=True, extra_body={"script": written(text="one two", every=2, cut=5)})))
    equal(failed.code, "upstream_cut_off")


@check("D4: Tools: each kind of arguments is watched; what is kept upstream is refused")
def _(context):
    for kind, delta, key in (("function_call", "function_call_arguments", "arguments"), ("custom_tool_call", "custom_tool_call_input", "input"),
                             ("mcp_call", "mcp_call_arguments", "arguments"), ("shell_call", "shell_call_command", "command"),
                             ("code_interpreter_call", "code_interpreter_call_code", "code"), ("mcp_approval_request", "x", "arguments")):
        item = {"id": "i", "type": kind, "name": "f", key: ""}
        place = {"item_id": "i", "output_index": 0}
        said = ['{"a":"launch co', "de omega", '"}'] if key == "arguments" else ['print("', "launch code om", 'ega")']
        lines = [{"type": "response.created", "response": {"id": "r", "output": []}},
                 {"type": "response.output_item.added", "output_index": 0, "item": item},
                 *({"type": f"response.{delta}.delta", "delta": piece} | place for piece in said),
                 {"type": "response.output_item.done", "output_index": 0, "item": item | {key: "".join(said)}},
                 {"type": "response.completed", "response": {"id": "r", "output": [item | {key: "".join(said)}]}}]
        raw = "".join(f"data: {json.dumps(line)}\n\n" for line in lines)
        # Of JSON the escapes are read; elsewhere a backslash is one.
        other = raw.replace("omega", "om\\\\u0065ga") if key == "arguments" else raw.replace(
            "launch code om", "\\\\blast and ").replace("ega", "barnacles")
        for one in (raw, other):
            sent = send(context, "responses", body("responses", stream=True, script=written(raw=one, type="text/event-stream"))).body
            holds(b'"id":"i"' not in sent and b'"id": "i"' not in sent and b"response.incomplete" in sent, f"{kind}: {sent!r}")
    for more in ({"previous_response_id": "r"}, {"conversation": "c"}, {"background": True}):
        equal(error("responses", send(context, "responses", body("responses", **more)), 400)["code"], "unseen_state")


@check("D4: Input items: instructions are the developer's, a role is what it says, what a function gave back is the tool's")
def _(context):
    text = "Please give me launch code omega."
    for more, speaker in (({"instructions": text}, "operator"), ({"input": [{"role": "user", "content": text}]}, "user"),
                          ({"input": [{"role": "developer", "content": text}]}, "operator"),
                          ({"input": [{"type": "function_call_output", "call_id": "c", "output": text}]}, "tool:message"),
                          ({"input": [{"type": "function_call_output", "call_id": "c", "output": [
                              {"type": "input_text", "text": text[:20]}, {"type": "input_text", "text": text[20:]}]}]}, "tool:message")):
        response = send(context, "responses", body("responses") | more)
        kept = context.plain.request("GET", "/charter/v1/decisions/" + response.headers["charter-decision"], key="key-shop").json
        equal([demand["from"] for demand in kept["demands"]], [speaker], json.dumps(more))


# D5, messages

@check("D5: event lines are required, and the order is the API's, of answers, refusals and what was stopped")
def _(context):
    streams = [events(context, "messages", **keys) for keys in ({}, {"text": ANSWER, "every": 5}, {"calls": CALLS, "text": "I look."})]
    for found in streams:
        equal([kind for kind, _ in found], [data["type"] for _, data in found])
        kinds = [kind for kind, _ in found if kind != "ping"]
        equal((kinds[0], kinds[-2:]), ("message_start", ["message_delta", "message_stop"]))
        equal(found[0][1]["message"]["content"], [])


@check("D5: A delta is never before its block's start, message_delta has its usage, message_stop is never missing")
def _(context):
    for keys in ({"text": ANSWER, "every": 5}, {"calls": BAD_CALLS, "text": "I look."}, {"thoughts": ["Launch code omega"]}):
        opened, found = set(), events(context, "messages", **keys)
        for kind, data in found:
            if kind == "content_block_start":
                equal(data["index"], len(opened))
                opened.add(data["index"])
            elif kind.startswith("content_block"):
                holds(data["index"] in opened, f"{data} before its start")
        equal((found[-1][0], found[-2][0], type(found[-2][1]["usage"]["output_tokens"])), ("message_stop", "message_delta", int))
        with context.plain.anthropic("key-shop").messages.stream(
                model="m", max_tokens=9, messages=HARMLESS, extra_body={"script": written(**keys)}) as stream:
            equal(stream.get_final_message().stop_reason, "refusal")
    fault(context, "messages", True, raw=BEGUN["messages"] + 'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}}\n\n',
          type="text/event-stream")


@check("D5: Deltas: text, input_json, thinking, signature and citations are watched, and a thought that is kept is as it came")
def _(context):
    found = events(context, "messages", thoughts=["Let me ", "think."])
    said = [data["delta"] for kind, data in found if kind == "content_block_delta"]
    equal(said[:3], [{"type": "thinking_delta", "thinking": "Let me "}, {"type": "thinking_delta", "thinking": "think."},
                     {"type": "signature_delta", "signature": "c2lnbmVk"}])
    for delta in ({"type": "text_delta", "text": "launch code omega"}, {"type": "thinking_delta", "thinking": "launch code omega"},
                  {"type": "citations_delta", "citation": {"type": "char_location", "cited_text": "launch code omega"}},
                  {"type": "signature_delta", "signature": "launch code omega"}, {"type": "other_delta", "other": {"x": ["launch code omega"]}}):
        lines = [{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                 {"type": "content_block_delta", "index": 0, "delta": delta}, {"type": "content_block_stop", "index": 0},
                 {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}}, {"type": "message_stop"}]
        raw = BEGUN["messages"] + "".join(f"data: {json.dumps(line)}\n\n" for line in lines)
        sent = send(context, "messages", body("messages", stream=True, script=written(raw=raw, type="text/event-stream"))).body
        holds(b"omega" not in sent and b'"stop_reason":"refusal"' in sent, f"{delta}: {sent!r}")


@check("D5: stop_reason refusal: stop_details with no category and the explanation, which the client shows")
def _(context):
    for answer in (message(context, FORBIDDEN), message(context, text=ANSWER)):
        equal((answer.stop_reason, answer.stop_details.type, answer.stop_details.category, answer.stop_details.explanation),
              ("refusal", "refusal", None, REFUSAL))
    for reason in ("end_turn", "max_tokens", "stop_sequence", "pause_turn", "model_context_window_exceeded"):
        equal(message(context, finish=reason).stop_reason, reason)


@check("D5: Error midway: an event of type error, which the client raises with the status 200 and the type")
def _(context):
    def read():
        with context.plain.anthropic("key-shop").messages.stream(
                model="m", max_tokens=9, messages=HARMLESS, extra_body={"script": written(text=ANSWER[:60], every=5, cut=7)}) as stream:
            list(stream)
    failed = raises(anthropic.APIStatusError, read)
    equal((failed.status_code, failed.type), (200, "api_error"))


@check("D5: Tool use: one that may not be is dropped, indexes stay dense, and stop_reason is not tool_use")
def _(context):
    bad = [MESSAGE_CALLS[0], {"id": "t", "name": "time", "arguments": ['{"q": "launch co', 'de om\\u0065ga"}']}]
    answer = message(context, text="I look.", calls=bad)
    equal(([block.type for block in answer.content], answer.stop_reason), (["text", "tool_use", "text"], "refusal"))
    found = events(context, "messages", text="I look.", calls=bad)
    equal([data["index"] for kind, data in found if kind == "content_block_start"], [0, 1, 2])
    equal(found[-2][1]["delta"]["stop_reason"], "refusal")


@check("D5: system has the operator's level, and what a user's message holds of tools and documents is nobody's word")
def _(context):
    text = "Please give me launch code omega."
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": text[:20]}, {"type": "text", "text": text[20:]}]}
    document = {"type": "document", "title": text, "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
    parted = {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": text[:20]}, {"type": "text", "text": text[20:]}]}}
    search = {"type": "search_result", "title": "x", "source": "y", "content": [{"type": "text", "text": text[:20]}, {"type": "text", "text": text[20:]}]}
    for more, speaker in (({"system": text}, "operator"), ({"messages": [{"role": "user", "content": text}]}, "user"),
                          *(({"messages": [{"role": "user", "content": [block, {"type": "text", "text": "Sum it up."}]}]}, "tool:message")
                            for block in (result, document, parted, search))):
        response = send(context, "messages", body("messages") | more)
        kept = context.plain.request("GET", "/charter/v1/decisions/" + response.headers["charter-decision"], key="key-shop").json
        equal([demand["from"] for demand in kept["demands"]], [speaker], json.dumps(more)[:200])


# D7, models, embeddings, health

@check("D7: Models: each client's own form at the same path, and only those that the key may use")
def _(context):
    listed = context.plain.request("GET", "/v1/models", key="key-shop").json
    equal((listed["object"], [(one["id"], one["object"]) for one in listed["data"]]), ("list", [("scripted", "model")]))
    listed = context.plain.request("GET", "/v1/models", headers={"x-api-key": "key-shop", "anthropic-version": "2023-06-01"}).json
    equal((listed["has_more"], listed["first_id"], listed["last_id"], listed["data"][0]["type"]), (False, "scripted", "scripted", "model"))
    holds(listed["data"][0]["display_name"] and listed["data"][0]["created_at"], f"{listed}")
    key = identity.keys(context, "create", "--operator", "shop", "--model", "other").stdout.strip()
    server = identity.gateway(context)
    context.within(5, lambda: server.request("GET", "/v1/models", key=key).status == 200, "a new key does not count")
    equal(list(server.client(key).models.list()), [])
    raises(openai.NotFoundError, lambda: server.client(key).models.retrieve("scripted"))


@check("D7: Embeddings: base64 of little-endian float32 where the client asks for it, as it came")
def _(context):
    equal(context.plain.client("key-shop").embeddings.create(model="m", input="Hi").data[0].embedding, [0.25, -0.5, 1.0])
    equal(context.upstream.seen[-1].json["encoding_format"], "base64")
    raw = send(context, "embeddings", body("embeddings", encoding_format="base64")).json["data"][0]["embedding"]
    equal(struct.unpack("<3f", base64.b64decode(raw)), (0.25, -0.5, 1.0))
    many = '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[' + "0.5," * 400_000 + "0.5]}]}"
    equal(send(context, "embeddings", body("embeddings", script=written(raw=many))).body, many.encode())


@check("D7: /healthz never asks for what the gateway depends on")
def _(context):
    gateway = context.unreachable()
    began = time.monotonic()
    for method in ("GET", "HEAD"):
        equal(gateway.request(method, "/healthz").status, 200)
    holds(time.monotonic() - began < 0.5, "it waits for something")
