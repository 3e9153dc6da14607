"""What calls for `transform` is replaced in requests and answers, and the rest goes on: by both official packages."""
import json

from context import HERE, UPSTREAM_KEY, delivered
from report import Group, equal, holds
from upstream import written

check = Group("transform")
CARD, SPACED = "4111111111111111", "5500 0000 0000 0004"
TEXT = f"naïve, take {CARD} or {SPACED}, 日本語, or 123, and a good deal more than is held back at any time. " * 2
ASK = f"Is {SPACED} a good number? It is on {CARD}{CARD}, too."
ASKED = "Is [card number] a good number? It is on [card number], too."
CUTS = ({}, {"every": 1}, {"every": 7}, {"every": 3, "chunk": 5})
WAYS = ("chat", "messages", "responses", "chat by messages", "messages by chat")


def gateway(context, api=("openai", "anthropic")):
    return context.other(f"transform {api}", {
        "charter": str(HERE / "charter" / "till.md"), "upstream": {"url": context.upstream.url, "key": UPSTREAM_KEY, "api": api},
        "operators": [{"name": "till", "layer": str(HERE / "charter" / "shop.yaml"), "key": "key-till"}]})


def ask(context, way, question="Hello.", stream=False, headers=None, more=None, **keys):
    """What one question comes to, by the way it is asked: the text, why it ended, and the decision's id."""
    server = gateway(context, {"chat by messages": "anthropic", "messages by chat": "openai"}.get(way, ("openai", "anthropic")))
    body = {"script": written(**keys)} | (more or {})
    if way == "responses":
        client = server.client("key-till").responses.with_raw_response
        raw = client.create(model="scripted", input=question, stream=stream, extra_body=body, extra_headers=headers)
        answer = raw.parse()
        if stream:
            events = list(answer)
            answer = events[-1].response
            # However often it is repeated, it is repeated as it was said.
            said = "".join(event.delta for event in events if event.type == "response.output_text.delta")
            holds(CARD not in repr(events) and SPACED not in repr(events), "a number is in an event")
            equal(said, answer.output_text)
        return answer.output_text, answer.status, raw.headers["charter-decision"]
    request = {"model": "scripted", "messages": [{"role": "user", "content": question}], "extra_body": body, "extra_headers": headers}
    if way.startswith("messages"):
        raw = server.anthropic("key-till").messages.with_raw_response.create(max_tokens=100, stream=stream, **request)
        answer = raw.parse()
        if not stream:
            return "".join(block.text for block in answer.content), answer.stop_reason, raw.headers["charter-decision"]
        events = list(answer)
        said = "".join(event.delta.text for event in events if event.type == "content_block_delta")
        ends = [event.delta.stop_reason for event in events if event.type == "message_delta"]
        return said, ends[-1], raw.headers["charter-decision"]
    raw = server.client("key-till").chat.completions.with_raw_response.create(stream=stream, **request)
    answer = raw.parse()
    if not stream:
        choice = answer.choices[0]
        return choice.message.content or choice.message.refusal, choice.finish_reason, raw.headers["charter-decision"]
    choice = delivered(answer)[0]
    return choice["content"] or choice["refusal"], choice["finish"], raw.headers["charter-decision"]


def decision(context, id):
    return gateway(context).request("GET", f"/charter/v1/decisions/{id}", key="key-till").json


@check("what a request has of it is replaced, in whatever protocol, and all else goes on byte for byte")
def _(context):
    for way in WAYS:
        for stream in (False, True):
            said, _, id = ask(context, way, ASK, stream, text="Yes.")
            equal(said, "Yes.")
            body = context.upstream.seen[-1].body.decode()
            holds(ASKED in body and CARD not in body and SPACED not in body, f"{way}: {body}")
            holds("role" not in body or body.count('"role"') == 1, f"{way}: there is a message more")
    raw = b'{ "model":"scripted", "x" : 1.50,"messages":[{"content":"\\u0034111111111111111, \\"a\\"","role":"user"}] }'
    equal(gateway(context).chat(raw, "key-till").status, 200)
    equal(context.upstream.seen[-1].body, raw.replace(b"\\u0034111111111111111", b"[card number]"))


@check("the replies say what stands in its place, by language")
def _(context):
    ask(context, "chat", ASK, headers={"Charter-Language": "de-AT"})
    holds("Ist" not in ASK and "[Kartennummer]" in context.upstream.seen[-1].body.decode(), "no German")
    said, _, _ = ask(context, "chat", headers={"Charter-Language": "de"}, text=f"Zahlen Sie mit {CARD}!", stream=True, every=2)
    equal(said, "Zahlen Sie mit [Kartennummer]!")


@check("what cannot be replaced is refused before the model is called, and the decision says so")
def _(context):
    before = len(context.upstream.seen)
    parts = [{"type": "text", "text": CARD[:7]}, {"type": "text", "text": CARD[7:]}]
    for messages in ([{"role": "user", "content": parts}], [{"role": "user", "content": "x", "a": {CARD: 1}}],
                     [{"role": "user", "content": "x", "name": f"u{CARD}"}]):
        answer = gateway(context).chat({"model": "scripted", "messages": messages}, "key-till")
        equal((answer.status, answer.json["choices"][0]["message"]["refusal"]), (200, "I do not take card numbers here."))
        equal(answer.json["charter"]["act"], "refuse")
        found = decision(context, answer.headers["charter-decision"])
        equal((found["done"], found["verdict"]["act"], found["redacted"]), ("refuse", "transform", []))
    equal(len(context.upstream.seen), before, "requests that reached the model")


@check("beside it what is to be refused is refused, and what is to be guided is guided")
def _(context):
    before = len(context.upstream.seen)
    said, _, _ = ask(context, "chat", f"{CARD}, launch code omega")
    holds("Launch codes" in said, said)
    equal(len(context.upstream.seen), before, "requests that reached the model")
    ask(context, "chat", f"{CARD}: which stock?")
    guide, asked = context.upstream.seen[-1].json["messages"]
    equal(asked["content"], "[card number]: which stock?")
    holds("Stock tips" in guide["content"] and "Card numbers" not in guide["content"], guide["content"])


@check("an answer goes on with what is replaced, however it is cut, streamed or not, in whatever protocol")
def _(context):
    for way in WAYS:
        ends = "end_turn" if way.startswith("messages") else "completed" if way == "responses" else "stop"
        for keys in CUTS:
            text = TEXT[:60] if "chunk" in keys else TEXT
            expected = text.replace(CARD, "[card number]").replace(SPACED, "[card number]")
            for stream in (False, True):
                said, end, _ = ask(context, way, stream=stream, text=text, **keys)
                equal((said, end), (expected, ends), f"{way} {keys} {stream}")
    said, _, _ = ask(context, "chat", stream=True, text=f"It is {CARD}", every=1)
    equal(said, "It is [card number]", "at the very end")


@check("what may not be said at all ends an answer as ever, and what stood before it is replaced")
def _(context):
    for way in ("chat", "messages", "responses"):
        for stream in (False, True):
            said, end, id = ask(context, way, stream=stream, text=f"Pay {CARD}. Launch code omega is", every=3)
            holds(said.startswith("Pay [card number]. ") and CARD not in said and "omega" not in said, said)
            holds(end in ("content_filter", "refusal", "incomplete"), end)
            equal(decision(context, id)["answer"], {"stopped": ["launch_codes"], "redacted": ["card_numbers"], "passed": []})


@check("a call with it is not delivered")
def _(context):
    calls = [{"id": "call_1", "name": "pay", "arguments": ['{"card": "4111', '111111111111"}']}]
    for stream in (False, True):
        answer = gateway(context).chat({"model": "scripted", "messages": [{"role": "user", "content": "x"}], "stream": stream,
                                        "script": written(text="I pay.", calls=calls, every=1)}, "key-till")
        holds(CARD[5:] not in answer.body.decode() and "content_filter" in answer.body.decode(), answer.body.decode())
        equal(decision(context, answer.headers["charter-decision"])["answer"]["stopped"], ["card_numbers"])


@check("decision, log and metrics tell what was replaced, and none of it")
def _(context):
    server = gateway(context)
    said, _, id = ask(context, "chat", ASK, text=TEXT)
    equal(said, TEXT.replace(CARD, "[card number]").replace(SPACED, "[card number]"))
    found = decision(context, id)
    equal((found["done"], found["redacted"], found["answer"]["redacted"]), ("transform", ["card_numbers"], ["card_numbers"]))
    holds(CARD not in json.dumps(found), "a number is in the decision")
    context.within(5, lambda: any(entry["id"] == id for entry in server.lines()), "the line")
    entry = next(entry for entry in server.lines() if entry["id"] == id)
    equal((entry["act"], entry["redacted"], entry["unmet"]), ("transform", ["card_numbers"], ["card_numbers"]))
    metrics = server.admin.request("GET", "/metrics").body.decode()
    holds('charter_redacted_total{behavior="card_numbers"}' in metrics, "no metric")
    holds('charter_verdicts_total{behavior="card_numbers",act="transform"}' in metrics, "no verdict")
