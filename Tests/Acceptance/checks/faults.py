"""What goes wrong at the model's server is told in the API's own words, and never ends in silence."""
import contextlib
import http.client
import json
import time

import openai
from context import UPSTREAM_KEY, delivered
from report import Group, equal, holds, raises
from upstream import written

check = Group("faults")
ASK = [{"role": "user", "content": "Hello, who are you?"}]
TEXT = "An answer that is a good deal longer than what the gateway holds back before it lets a text pass. " * 3
MARK = "a-detail-of-the-upstream"


def create(context, stream=False, **keys):
    return context.plain.client("key-shop").chat.completions.create(
        model="scripted", messages=ASK, stream=stream, extra_body={"script": written(**keys)})


def fails(context, stream, **keys):
    """The exception of a request, of whichever kind: in the call, or while its stream is read."""
    def read():
        reply = create(context, stream, **keys)
        return delivered(reply) if stream else reply.choices[0].message.content
    try:
        found = read()
    except openai.APIError as error:
        return error
    raise AssertionError(f"no exception, but {found!r}")


@check("an error about the request reaches the SDK as its own class, with message and code", passing=True)
def _(context):
    for status, kind in ((400, openai.BadRequestError), (404, openai.NotFoundError), (409, openai.ConflictError),
                         (422, openai.UnprocessableEntityError), (429, openai.RateLimitError),
                         (500, openai.InternalServerError), (503, openai.InternalServerError)):
        for stream in (False, True):
            error = raises(kind, lambda: create(context, stream, status=status, error={
                "message": "too many tokens", "code": "context_length_exceeded", "param": "messages"}))
            equal(error.status_code, status)
            equal((error.code, error.param), ("context_length_exceeded", "messages"), f"{status}, stream {stream}")
            holds("too many tokens" in error.message, error.message)


@check("an error with a numeric code, as some servers send it, keeps its class", passing=True)
def _(context):
    error = raises(openai.BadRequestError, lambda: create(context, status=400, error={"code": 400, "message": "no"}))
    equal(error.code, "400")


@check("a limit of the model's server keeps its waiting time", passing=True)
def _(context):
    error = raises(openai.RateLimitError, lambda: create(context, status=429, headers={"retry-after": "7"}))
    equal(error.response.headers.get("retry-after"), "7")


@check("that the gateway's key is refused upstream does not look as if the client's were, and tells nothing")
def _(context):
    for status in (401, 403):
        error = raises(openai.InternalServerError, lambda: create(context, status=status, error={"message": MARK}))
        text = error.response.text
        holds(MARK not in text and UPSTREAM_KEY not in text, text)


@check("an error about the gateway's key is told as one about any key is, whatever its status")
def _(context):
    for status in (200, 400, 500):
        error = fails(context, False, status=status, raw=json.dumps({"error": {
            "message": f"Incorrect API key provided: {UPSTREAM_KEY}", "type": "invalid_request_error", "code": "invalid_api_key"}}))
        holds(UPSTREAM_KEY not in error.response.text, error.response.text)
        equal(error.status_code, 502)


@check("a status that HTTP does not know ends one answer and nothing else")
def _(context):
    for status in (0, 99):
        for stream in (False, True):
            error = fails(context, stream, status=status, text=TEXT)
            equal(error.status_code, 502, f"{status}, stream {stream}")
    holds(create(context, text="Still here.").choices[0].message.content == "Still here.", "another answer")


@check("an error that is no JSON, or none of the API's, is still an error of its class")
def _(context):
    for raw, kind in (("<html>bad gateway</html>", "text/html"), ("", "text/plain"), ('{"detail":"x"}', "application/json"),
                      ('"oops"', "application/json"), ('{"error":"a text"}', "application/json")):
        error = raises(openai.InternalServerError, lambda: create(context, raw=raw, type=kind, status=502))
        holds(isinstance(error.body, dict) and isinstance(error.body.get("message"), str),
              f"{raw!r} became {error.body!r}")


@check("an answer that is no answer raises, streamed and not")
def _(context):
    for stream in (False, True):
        for raw in ("garbage", "", "{", "[]", "null", '{"choices":[{"index":0', '{"object":"chat.completion"}',
                    '{"choices":7}', '{"choices":[{"index":0,"message":7,"finish_reason":"stop"}]}',
                    '{"choices":[],"choices":[]}', '{"a":' * 20_000, '{"id":"\\ud800","choices":"x"}'):
            error = fails(context, stream, raw=raw)
            holds(getattr(error, "status_code", 502) in (502, 504), f"{raw[:40]!r}: {error!r}")


@check("an error object with status 200 raises, streamed and not")
def _(context):
    for stream in (False, True):
        error = fails(context, stream, raw='{"error":{"message":"out of memory","type":"server_error","code":"oom"}}')
        holds("out of memory" in str(error), str(error))


@check("an answer that is cut off raises")
def _(context):
    for cut in (0, 1, 20, 100):
        error = fails(context, False, text=TEXT, cut=cut)
        holds(isinstance(error, (openai.InternalServerError, openai.APIConnectionError)), repr(error))


@check("a stream that is cut off raises, wherever it is cut, and what came before is what the model said")
def _(context):
    events = 2 + (len(TEXT) + 19) // 20
    for cut in range(events):
        content = ""
        try:
            for chunk in create(context, True, text=TEXT, every=20, cut=cut):
                content += chunk.choices[0].delta.content or ""
        except openai.APIError:
            holds(TEXT.startswith(content), f"cut {cut}: {content!r}")
            continue
        raise AssertionError(f"cut after {cut} events of {events}: it ended as if nothing were wrong, with {content!r}")


@check("a stream that ends without a finish reason raises, [DONE] or not")
def _(context):
    chunk = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
             "choices": [{"index": 0, "delta": {"content": "Half an ans"}, "finish_reason": None}]}
    for end in ("", "data: [DONE]\n\n"):
        fails(context, True, raw=f"data: {json.dumps(chunk)}\n\n{end}", type="text/event-stream")


@check("garbage in a stream raises")
def _(context):
    chunk = ('{"id":"x","object":"chat.completion.chunk","created":1,"model":"m",'
             '"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}')
    for garbage in ("data: garbage\n\n", "data: {\n\n", "data: []\n\n", "data: 7\n\n", 'data: {"choices":[{"index":"a"}]}\n\n',
                    'data: {"choices":[{"index":0,"delta":[]}]}\n\n', 'data: {"choices":[{"index":0,"delta":{"content":{}}}]}\n\n',
                    "data: \udcff\n\n", "data: " + '{"a":' * 5000 + "\n\n", "data: " + "x" * 3_000_000):
        fails(context, True, raw=f"data: {chunk}\n\n{garbage}data: [DONE]\n\n", type="text/event-stream")


@check("an error in the middle of a stream raises with its message")
def _(context):
    chunk = ('{"id":"x","object":"chat.completion.chunk","created":1,"model":"m",'
             '"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}')
    error = fails(context, True, raw=f'data: {chunk}\n\ndata: {{"error":{{"message":"out of memory","type":"server_error"}}}}\n\n',
                  type="text/event-stream")
    holds("out of memory" in str(error), str(error))


@check("one JSON object instead of a stream is an error or a stream, and never silence")
def _(context):
    try:
        answer = delivered(create(context, True, text=TEXT, form="json"))
    except openai.APIError:
        return "an error"
    equal(answer.get(0, {}).get("content"), TEXT)
    return "a stream"


@check("a stream where one answer was asked for raises")
def _(context):
    chunk = '{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}'
    fails(context, False, raw=f"data: {chunk}\n\ndata: [DONE]\n\n", type="text/event-stream")


@check("a model's server that is not there is a 502 in the API's words")
def _(context):
    gateway = context.unreachable()
    for stream in (False, True):
        response = gateway.chat({"model": "m", "messages": ASK, "stream": stream}, "key-shop")
        equal(response.status, 502)
        equal(response.error["code"], "upstream_unreachable")
    raises(openai.InternalServerError, lambda: gateway.client("key-shop").models.list())
    equal(gateway.request("GET", "/healthz").status, 200)


@check("after every fault the gateway serves the next request")
def _(context):
    for keys in ({"cut": 3}, {"raw": "garbage"}, {"status": 500}, {"cut": 0}):
        with contextlib.suppress(openai.APIError):
            delivered(create(context, True, text=TEXT, every=20, **keys))
        equal(create(context).choices[0].message.content, "Hello.")


@check("a client that goes away in the middle of its request harms nobody")
def _(context):
    for _ in range(20):
        connection = http.client.HTTPConnection("127.0.0.1", context.plain.port, timeout=5)
        with contextlib.closing(connection):
            connection.putrequest("POST", "/v1/chat/completions")
            connection.putheader("Authorization", "Bearer key-shop")
            connection.putheader("Content-Length", "1000")
            connection.endheaders(b'{"model":')
    equal(create(context).choices[0].message.content, "Hello.")


@check("the SDK's own retries come through a passing fault", passing=True)
def _(context):
    # The scripted upstream never recovers, so what is counted is that it was asked again.
    before = len(context.upstream.seen)
    client = context.plain.client("key-shop", max_retries=2)
    raises(openai.InternalServerError, lambda: client.chat.completions.create(
        model="scripted", messages=ASK, extra_body={"script": written(status=500, headers={"retry-after-ms": "1"})}))
    equal(len(context.upstream.seen) - before, 3)


@check("a fault is told at once, and not after a time-out")
def _(context):
    began = time.monotonic()
    for keys in ({"cut": 0}, {"cut": 4}, {"raw": "data: garbage\n\n", "type": "text/event-stream"}):
        fails(context, True, text=TEXT, every=20, **keys)
    holds(time.monotonic() - began < 2, f"{time.monotonic() - began:.1f} s")
