"""Who may come in, and what is said to a request that is wrong."""
import http.client
import json
import time

import openai
from context import delivered
from report import Group, equal, holds, raises

check = Group("requests")
ASK = [{"role": "user", "content": "Hello."}]
GOOD = {"model": "scripted", "messages": ASK}
SECRET = "a-secret-that-nobody-should-see"


def status(context, body, code=None, wanted=400):
    response = context.plain.chat(body, "key-shop")
    equal(response.status, wanted, body[:120] if isinstance(body, bytes) else json.dumps(body)[:120])
    if wanted >= 400:
        error = response.error
        holds(SECRET not in response.body.decode(), "the request's text is in the error")
        if code:
            equal(error["code"], code)
    return response


@check("a missing or unknown key is the SDK's AuthenticationError, and says no more")
def _(context):
    for key in ("key-nobody", "key-sho", "KEY-SHOP", "", "key-shop\tx", "x" * 5000):
        headers = {"Authorization": f"Bearer {key}"}
        response = context.plain.chat(GOOD, "", headers)
        equal(response.status, 401, repr(key[:20]))
        equal(response.error["code"], "invalid_api_key")
        holds(not key.strip() or key not in response.body.decode(), "the key is in the error")
    for headers in ({}, {"Authorization": "key-shop"}, {"Authorization": "Basic a2V5LXNob3A="}):
        equal(context.plain.chat(GOOD, "", headers).status, 401, str(headers))
    raises(openai.AuthenticationError, lambda: context.plain.client("key-nobody").chat.completions.create(**GOOD))
    raises(openai.AuthenticationError, lambda: context.plain.client("key-nobody").models.list())


@check("an unknown key is refused before its body is looked at, and costs the model nothing")
def _(context):
    before = len(context.upstream.seen)
    equal(context.plain.chat(b"{", "key-nobody").status, 401)
    equal(context.plain.chat(GOOD, "key-nobody").status, 401)
    equal(len(context.upstream.seen), before)


@check("what is no JSON is a 400 in the API's words")
def _(context):
    for body in (b"", b"{", b"garbage", b'{"model":"m","messages":[}', b"\xff\xfe", b'{"model":"\xff","messages":[]}',
                 b'{"model":"m","messages":[]} {}', b"[]", b"null", b"7", b'"x"', b'{"model":"m","a":"\\ud800"}',
                 b'{"a":' * 50_000, b"[" * 100_000, b'\xef\xbb\xbf{"model":'):
        status(context, body)


@check("duplicate keys are refused, wherever they stand")
def _(context):
    for body in (b'{"model":"a","messages":[{"role":"user","content":"Hi"}],"model":"b"}',
                 b'{"model":"a","messages":[{"role":"user","content":"Hi","content":"Ho"}]}',
                 b'{"model":"a","messages":[{"role":"user","role":"system","content":"Hi"}]}',
                 b'{"model":"a","messages":[{"role":"user","content":"Hi"}],"messages":[]}',
                 b'{"model":"a","messages":[{"role":"user","content":"Hi"}],"mod\\u0065l":"b"}',
                 b'{"model":"a","messages":[{"role":"user","content":"Hi"}],"x":{"y":1,"y":2}}'):
        status(context, body)


@check("wrong types are refused with the place that is wrong")
def _(context):
    for change, place in (({"model": 7}, "model"), ({"messages": "Hi"}, "messages"), ({"messages": []}, "messages"),
                          ({"messages": None}, "messages"), ({"messages": [7]}, "messages[0]"),
                          ({"messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
                          ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
                          ({"messages": [{"role": "user"}]}, "messages[0].content"), ({"stream": "yes"}, "stream"),
                          ({"n": 0}, "n"), ({"n": 10_000}, "n"), ({"n": "2"}, "n"), ({"stream_options": 3}, "stream_options")):
        body = GOOD | {"x": SECRET} | change
        error = status(context, body).error
        holds(error["param"] and error["param"].startswith(place), f"{change} is said to be wrong at {error['param']}")
    for missing in ("model", "messages"):
        status(context, {key: value for key, value in GOOD.items() if key != missing})


@check("a body of ten megabytes is served or a 413, and quickly")
def _(context):
    body = GOOD | {"messages": [{"role": "user", "content": "word " * 2_000_000}]}
    began = time.monotonic()
    response = context.plain.chat(body, "key-shop")
    holds(response.status in (200, 413), f"status {response.status}")
    if response.status == 413:
        holds(response.error["message"], "no message")
    holds(time.monotonic() - began < 5, f"{time.monotonic() - began:.1f} s")
    equal(status(context, GOOD, wanted=200).status, 200)
    return f"status {response.status}"


@check("a body of a hundred megabytes is not read to its end")
def _(context):
    try:
        response = context.plain.chat(b'{"model":"' + b"x" * 100_000_000, "key-shop")
        equal(response.status, 413)
    except (ConnectionError, TimeoutError):
        pass  # closed while we were still sending: that too is not reading it
    equal(status(context, GOOD, wanted=200).status, 200)


@check("headers that are wrong are refused and not ignored, since they decide what is allowed")
def _(context):
    for name, value in (("Charter-Claims", "{"), ("Charter-Claims", "[]"), ("Charter-Claims", '{"age": {"valu": 3}}'),
                        ("Charter-Claims", '{"age": {"value": 34, "evidence": "sworn"}}'),
                        ("Charter-Claims", '{"age": 3, "age": 40}'), ("Charter-Claims", "x" * 10_000)):
        response = context.plain.chat(GOOD, "key-studio", {name: value})
        holds(response.status in (400, 431), f"{name}: {value[:60]} gave {response.status}")
        response.error
    response = context.plain.chat(GOOD, "key-studio", {"Charter-Claims": '{"age": {"value": 34, "evidence": "verified"}}'})
    holds(response.status in (200, 400), f"status {response.status}")


@check("a header that comes twice is refused, roles apart, since which one counts would be a guess")
def _(context):
    for name, value in (("Charter-User", "u9, u9"), ("Charter-Channel", "general,other"), ("Charter-Language", "de,en")):
        response = context.plain.chat(GOOD, "key-shop", {name: value})
        equal((response.status, response.error["param"]), (400, name.lower()))
    connection = http.client.HTTPConnection("127.0.0.1", context.plain.port, timeout=10)
    connection.putrequest("POST", "/v1/chat/completions")
    body = json.dumps(GOOD).encode()
    for name, value in (("Authorization", "Bearer key-shop"), ("Content-Type", "application/json"), ("Content-Length", str(len(body))),
                        ("Charter-User", "u9"), ("Charter-User", "u1")):
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    equal((response.status, json.loads(response.read())["error"]["param"]), (400, "charter-user"))
    connection.close()


@check("paths and methods that there are not are the API's own error")
def _(context):
    for method, path, wanted in (("GET", "/v1/chat/completions", (404, 405)), ("POST", "/v1/nothing", (404,)),
                                 ("GET", "/", (404,)), ("DELETE", "/v1/models", (404, 405)), ("GET", "/charter/v1/nothing", (404,)),
                                 ("POST", "/charter/v1/matrix", (404, 405))):
        response = context.plain.request(method, path, b"{}" if method == "POST" else None, key="key-shop")
        holds(response.status in wanted, f"{method} {path} gave {response.status}")
        response.error


@check("health is told without a key, and tells nothing else")
def _(context):
    response = context.plain.request("GET", "/healthz")
    equal(response.status, 200)
    holds(len(response.body) < 200, f"{response.body!r}")


@check("nothing of a conversation, a key or a claim is ever written to the log")
def _(context):
    marks = [SECRET, "key-shop", "77331"]
    for body in ({"model": "scripted", "messages": [{"role": "user", "content": f"{SECRET} launch code omega"}]},
                 {"model": "scripted", "messages": [{"role": "user", "content": SECRET}]}, {"model": SECRET, "messages": SECRET}):
        context.plain.chat(body, "key-shop", {"Charter-User": "u", "Charter-Claims": '{"age": 77331}'})
    context.plain.chat(GOOD, SECRET)
    written = context.plain.written()
    equal([mark for mark in marks if mark in written], [])


@check("a request that streams and one that does not are judged alike")
def _(context):
    for text in ("Hello.", "Please give me launch code omega."):
        messages = [{"role": "user", "content": text}]
        client = context.plain.client("key-shop")
        whole = client.chat.completions.create(model="scripted", messages=messages).choices[0]
        parts = delivered(client.chat.completions.create(model="scripted", messages=messages, stream=True))[0]
        equal((parts["content"] or None, parts["refusal"] or None, parts["finish"]),
              (whole.message.content, whole.message.refusal, whole.finish_reason))
