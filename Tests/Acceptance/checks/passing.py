"""What nothing forbids passes, as if no gateway stood there."""
import contextlib
import json
import socket
import time

import openai
from context import UPSTREAM_KEY, delivered
from report import Group, equal, holds, raises
from upstream import written

check = Group("passing")
ASK = [{"role": "user", "content": "Hello, who are you?"}]
# Longer than what the gateway holds back, with characters of one to four bytes.
TEXT = "A permission says who may ask for what: naïve, 日本語, 👩‍🔬 and plain letters. " * 6
CALLS = [{"id": "call_1", "name": "weather", "arguments": ['{"ci', 'ty": "Par', 'is"}']},
         {"id": "call_2", "name": "time", "arguments": ['{"zone"', ': "CET"}']}]
TOOLS = [{"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}
         for name in ("weather", "time")]


def script(**keys):
    return {"model": "scripted", "messages": ASK, "extra_body": {"script": written(**keys)}}


@check("an answer arrives whole", passing=True)
def _(context):
    reply = context.plain.client("key-shop").chat.completions.create(**script(text=TEXT))
    equal(reply.choices[0].message.content, TEXT)
    equal(reply.choices[0].message.refusal, None)
    equal((reply.choices[0].finish_reason, reply.usage.total_tokens, reply.model), ("stop", 12, "scripted"))


@check("fields of an answer that nobody knows arrive untouched", passing=True)
def _(context):
    reply = context.plain.client("key-shop").chat.completions.create(**script())
    equal(reply.model_extra, {"unknown_to_charter": {"kept": [1, 2.50, "é"]}})


@check("a streamed answer arrives whole, however it is cut into events and bytes", passing=True)
def _(context):
    client = context.plain.client("key-shop")
    for every in (1, 2, 7, 64, 1000):
        for chunk in (None, 1, 3, 50):
            text = TEXT[:30] if chunk in (1, 3) else TEXT
            answer = delivered(client.chat.completions.create(**script(text=text, every=every, chunk=chunk), stream=True))
            equal((answer[0]["content"], answer[0]["finish"]), (text, "stop"), f"every {every}, chunk {chunk}")


@check("streams with CR LF, without the space, and with comments are read alike", passing=True)
def _(context):
    client = context.plain.client("key-shop")
    for form in ("crlf", "tight", "comments"):
        for chunk in (None, 1):
            answer = delivered(client.chat.completions.create(
                **script(text=TEXT[:40], every=5, form=form, chunk=chunk), stream=True))
            equal((answer[0]["content"], answer[0]["finish"]), (TEXT[:40], "stop"), f"{form}, {chunk}")


@check("the usage chunk comes after the last choice and before the end", passing=True)
def _(context):
    chunks = list(context.plain.client("key-shop").chat.completions.create(
        **script(text=TEXT, every=40), stream=True, stream_options={"include_usage": True}))
    equal(chunks[-1].usage.total_tokens, 12)
    equal(chunks[-1].choices, [])
    holds(all(chunk.usage is None for chunk in chunks[:-1]), "usage before the last chunk")
    equal({(chunk.id, chunk.created, chunk.model) for chunk in chunks}, {("chatcmpl-scripted", 1770000000, "scripted")})


@check("several choices keep their own texts, streamed and not", passing=True)
def _(context):
    client, texts = context.plain.client("key-shop"), [TEXT, "Short.", TEXT[::-1]]
    reply = client.chat.completions.create(**script(text=texts), n=3)
    equal([choice.message.content for choice in reply.choices], texts)
    answer = delivered(client.chat.completions.create(**script(text=texts, every=9), n=3, stream=True))
    equal([answer[index]["content"] for index in range(3)], texts)
    equal({choice["finish"] for choice in answer.values()}, {"stop"})


@check("tool calls arrive whole", passing=True)
def _(context):
    reply = context.plain.client("key-shop").chat.completions.create(**script(calls=CALLS), tools=TOOLS)
    calls = reply.choices[0].message.tool_calls
    equal([(call.id, call.function.name, call.function.arguments) for call in calls],
          [(call["id"], call["name"], "".join(call["arguments"])) for call in CALLS])
    equal((reply.choices[0].message.content, reply.choices[0].finish_reason), (None, "tool_calls"))


@check("streamed tool calls arrive whole, interleaved, behind text and alone", passing=True)
def _(context):
    client = context.plain.client("key-shop")
    for text in (None, "Let me look."):
        answer = delivered(client.chat.completions.create(
            **script(calls=CALLS, text=text, every=4), tools=TOOLS, stream=True))
        equal([(call["id"], call["name"], call["arguments"]) for call in answer[0]["calls"].values()],
              [(call["id"], call["name"], "".join(call["arguments"])) for call in CALLS])
        equal((answer[0]["content"], answer[0]["finish"]), (text or "", "tool_calls"))


@check("the SDK's own streaming helper assembles tool calls", passing=True)
def _(context):
    with context.plain.client("key-shop").chat.completions.stream(**script(calls=CALLS), tools=TOOLS) as stream:
        for _ in stream:
            pass
        calls = stream.get_final_completion().choices[0].message.tool_calls
    equal([call.function.arguments for call in calls], ["".join(call["arguments"]) for call in CALLS])


@check("a conversation with tool calls and results reaches the model as it was sent", passing=True)
def _(context):
    messages = [
        {"role": "system", "content": "Be brief."}, {"role": "developer", "content": [{"type": "text", "text": "Metric."}]},
        *ASK,
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "18 °C"},
        {"role": "assistant", "content": "It is mild."}, {"role": "user", "content": [{"type": "text", "text": "Thanks."}]}]
    context.plain.client("key-shop").chat.completions.create(model="scripted", messages=messages, tools=TOOLS)
    equal(context.upstream.seen[-1].json["messages"], messages)
    equal(context.upstream.seen[-1].json["tools"], TOOLS)


@check("fields of a request that nobody knows reach the model byte for byte", passing=True)
def _(context):
    unknown = [b'"x_first" : {"b":1.0e+2,  "a" :[ 1,2.50 ,-0 ],"\\u00e9":"\\u00E9\\/\xc3\xa9"}',
               b'"x_big":123456789012345678901234567890.000', b'"x_null"\t:\tnull', b'"x_last":"\\ud83d\\ude00 \xf0\x9f\x98\x80"']
    body = (b'{ ' + unknown[0] + b',"model":"scripted" ,' + unknown[1] + b',\n "messages": [ {"role":"user",'
            b'"x_inner" :  [1 ,2], "content":"Hi \\u0041"} ],' + unknown[2] + b',"temperature":0.10,' + unknown[3] + b'\n}')
    response = context.plain.chat(body, "key-shop")
    equal(response.status, 200, response.body[:300])
    sent = context.upstream.seen[-1].body
    for field in unknown + [b'"x_inner" :  [1 ,2]', b'"temperature":0.10', b'"Hi \\u0041"']:
        holds(field in sent, f"{field!r} is not in {sent!r}")


@check("a model's answer is passed on byte for byte where nothing is wrong with it", passing=True)
def _(context):
    raw = ('{ "id":"x","object" : "chat.completion","created":1,"model":"m", "choices":[{"index":0,"message":'
           '{"role":"assistant","content":"\\u0048i", "x":1.50},"finish_reason":"stop","logprobs":null}],"y":{"z":[ ]}}')
    response = context.plain.chat({"model": "m", "messages": ASK, "script": written(raw=raw)}, "key-shop")
    equal(response.body, raw.encode())


@check("the model's server gets its own key, and no header that is Charter's")
def _(context):
    context.plain.client("key-shop").chat.completions.create(**script(), user="u-7", extra_headers={
        "Charter-User": "u-7", "Charter-Roles": "member", "Charter-Claims": '{"age": 30}', "Charter-Language": "en"})
    headers = context.upstream.seen[-1].headers
    equal(headers.get("authorization"), f"Bearer {UPSTREAM_KEY}")
    equal([name for name in headers if name.startswith("charter-")], [])
    holds(not any("key-shop" in value for value in headers.values()), "the operator's key goes to the model's server")


@check("a list of models is the upstream's", passing=True)
def _(context):
    equal([model.id for model in context.plain.client("key-shop").models.list()], ["scripted"])


@check("a late answer is waited for", passing=True)
def _(context):
    client = context.plain.client("key-shop")
    equal(client.chat.completions.create(**script(late=1.5)).choices[0].message.content, "Hello.")
    equal(delivered(client.chat.completions.create(**script(late=0.5, stall=[2, 1.0]), stream=True))[0]["content"], "Hello.")


@check("text arrives while the model is still writing", passing=True)
def _(context):
    # All of the text is there but for a last piece, which the model keeps for two seconds.
    pieces = [TEXT[:-10][at:at + 20] for at in range(0, len(TEXT) - 10, 20)] + [TEXT[-10:]]
    began, arrived, content = time.monotonic(), None, ""
    stream = context.plain.client("key-shop").chat.completions.create(
        **script(text=TEXT, pieces=pieces, stall=[len(pieces), 2.0]), stream=True)
    for chunk in stream:
        content += chunk.choices[0].delta.content or ""
        if arrived is None and len(content) >= len(TEXT) // 2:
            arrived = time.monotonic() - began
    equal(content, TEXT)
    holds(arrived is not None and arrived < 1.0, f"half of the text arrived after {arrived} s")


@check("closing a streamed request closes it at the model's server within a second", passing=True)
def _(context):
    stream = context.plain.client("key-shop").chat.completions.create(
        **script(text=TEXT, every=20, stall=[12, 30]), stream=True)
    next(iter(stream))
    closing = time.monotonic()
    stream.close()
    seen = context.upstream.seen[-1]
    context.within(1.0, lambda: seen.closed is not None, "the model's server saw the closing")
    return f"seen after {(seen.closed - closing) * 1e3:.0f} ms"


@check("closing a stream that has fallen silent, with everything read, closes it at the model's server too", passing=True)
def _(context):
    # A close with bytes still unread resets the connection; this one only ends it, and nothing is being written.
    body = json.dumps({"model": "scripted", "messages": ASK, "stream": True,
                       "script": written(text=TEXT, every=20, stall=[12, 30])}).encode()
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer key-shop\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", context.plain.port), timeout=0.5) as connection:
        connection.sendall(head + body)
        with contextlib.suppress(TimeoutError):
            while connection.recv(65536):
                pass
    closed = time.monotonic()
    seen = context.upstream.seen[-1]
    context.within(1.0, lambda: seen.closed is not None, "the model's server saw the closing")
    return f"seen after {(seen.closed - closed) * 1e3:.0f} ms"


@check("giving up on an answer that does not come closes it at the model's server within a second", passing=True)
def _(context):
    client = context.plain.client("key-shop", timeout=0.5)
    raises(openai.APITimeoutError, lambda: client.chat.completions.create(**script(late=30)))
    gave_up = time.monotonic()
    seen = context.upstream.seen[-1]
    context.within(1.0, lambda: seen.closed is not None, "the model's server saw the closing")
    return f"seen after {(seen.closed - gave_up) * 1e3:.0f} ms"


@check("one connection serves many requests, and many connections are served at once", passing=True)
def _(context):
    import concurrent.futures

    client = context.plain.client("key-shop")

    def one(number):
        text = f"Answer {number}. {TEXT}"
        if number % 2:
            return delivered(client.chat.completions.create(**script(text=text, every=11), stream=True))[0]["content"] == text
        return client.chat.completions.create(**script(text=text)).choices[0].message.content == text

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        right = list(pool.map(one, range(120)))
    equal(right.count(False), 0, "answers that are another's")


@check("what was echoed is what was sent, with headers", passing=True)
def _(context):
    reply = context.plain.client("key-shop").chat.completions.create(**script(echo=True))
    echo = json.loads(reply.choices[0].message.content)
    equal(json.loads(echo["body"])["messages"], ASK)
    holds(echo["headers"]["content-type"].startswith("application/json"), str(echo["headers"]))
