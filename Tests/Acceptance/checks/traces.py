"""Requests stand in their callers' traces, and are told to a collector of OpenTelemetry that nobody waits for."""
import contextlib
import re
import time

from collector import KEY, Collector
from context import HERE
from report import Group, equal, holds
from upstream import written

check = Group("traces")
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
FORBIDDEN = "Please give me launch code omega."
COLLECTOR = Collector()


def gateway(context, name="traces", collector=COLLECTOR):
    folder = HERE / "charter"
    return context.other(name, {
        "charter": str(folder / "small.md"), "upstream": {"url": context.upstream.url}, "otlp": collector.settings,
        "operators": [{"name": "shop", "layer": str(folder / "shop.yaml"), "key": "key-shop"}]})


def ask(server, text, headers=None, **more):
    return server.chat({"model": "scripted", "messages": [{"role": "user", "content": text}]} | more, "key-shop", headers)


def traced(context, trace, count, collector=COLLECTOR):
    context.within(5, lambda: len([1 for span in collector.spans() if span["trace"] == trace]) >= count, f"{count} spans of {trace}")
    spans = {span["name"]: span for span in collector.spans() if span["trace"] == trace}
    equal(len(spans), count, str(sorted(spans)))
    return spans


def header(number):
    return {"traceparent": f"00-{number:032x}-{PARENT}-01"}


@check("a trace goes on to the model's server, with a span of the gateway's own")
def _(context):
    for server in (gateway(context), context.plain):  # with a collector, and with another one
        for flags in ("00", "01"):
            before = len(context.upstream.seen)
            ask(server, "Hello.", {"traceparent": f"00-{TRACE}-{PARENT}-{flags}", "tracestate": "a=1,b=2"})
            sent = {name.lower(): value for name, value in context.upstream.seen[before].headers.items()}
            found = re.fullmatch(rf"00-{TRACE}-([0-9a-f]{{16}})-{flags}", sent.get("traceparent", ""))
            holds(found and found[1] != PARENT, str(sent))
            equal(sent["tracestate"], "a=1,b=2")


@check("what is no trace context is passed over, and not passed on")
def _(context):
    server = gateway(context)
    for bad in ("", "00", f"00-{TRACE}-{PARENT}", f"ff-{TRACE}-{PARENT}-01", f"00-{'0' * 32}-{PARENT}-01", f"00-{TRACE.upper()}-{PARENT}-01",
                f"00-{TRACE}-{PARENT}-01-more", "x" * 5000):
        before = len(context.upstream.seen)
        equal(ask(server, "Hello.", {"traceparent": bad, "tracestate": "a=1"}).status, 200, bad[:60])
        sent = {name.lower(): value for name, value in context.upstream.seen[before].headers.items()}
        holds(re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", sent["traceparent"]), str(sent))  # a trace of its own
        holds(len(bad) < 10 or bad not in sent["traceparent"], bad)
        holds(TRACE not in sent["traceparent"] and "tracestate" not in sent, str(sent))


@check("an allowed request is four spans: itself, the look at it, the model's server, the look at the answer")
def _(context):
    server = gateway(context)
    answer = ask(server, "Hello.", header(0xA1) | {"tracestate": "a=1"}, script=written(usage=True))
    spans = traced(context, f"{0xA1:032x}", 4)
    root = spans["POST /v1/chat/completions"]
    equal((root["parent"], root["kind"], root["state"], root["status"]), (PARENT, 2, "a=1", 0))
    equal((root["http.response.status_code"], root["charter.operator.name"], root["charter.decision.act"], root["charter.decision.id"]),
          (200, "shop", "allow", answer.headers["charter-decision"]))
    chat = spans["chat scripted"]
    equal((chat["parent"], chat["kind"], chat["gen_ai.operation.name"], chat["gen_ai.request.model"]), (root["id"], 3, "chat", "scripted"))
    holds(chat["gen_ai.usage.input_tokens"] > 0 and chat["gen_ai.usage.output_tokens"] > 0, str(chat))
    equal((chat["server.address"], chat["server.port"]), ("127.0.0.1", context.upstream.port))
    for name, target in (("apply_guardrail charter llm_input", "llm_input"), ("apply_guardrail charter llm_output", "llm_output")):
        span = spans[name]
        equal((span["parent"], span["kind"], span["gen_ai.operation.name"], span["gen_ai.security.target.type"],
               span["gen_ai.security.decision.type"], span["gen_ai.guardian.name"]), (root["id"], 1, "apply_guardrail", target, "allow", "charter"))
        equal(span["gen_ai.security.policy.version"], answer.headers["charter-policy"])
        holds(root["start"] <= span["start"] <= span["end"] <= root["end"], name)
    holds(abs(root["start"] / 1e9 - time.time()) < 60, "the time")
    equal(len({span["id"] for span in spans.values()}), 4)


@check("a guardrail's decision is deny for what is refused or stopped, and modify for what is guided")
def _(context):
    server = gateway(context)
    ask(server, FORBIDDEN, header(0xB1))
    spans = traced(context, f"{0xB1:032x}", 2)  # the model's server was not asked
    span = spans["apply_guardrail charter llm_input"]
    equal((span["gen_ai.security.decision.type"], span["charter.decision.act"], span["charter.decision.behaviors"]), ("deny", "refuse", ["launch_codes"]))
    ask(server, "Which stock?", header(0xB2))
    equal(traced(context, f"{0xB2:032x}", 4)["apply_guardrail charter llm_input"]["gen_ai.security.decision.type"], "modify")
    for number, stream in ((0xB3, False), (0xB4, True)):
        ask(server, "Hello.", header(number), stream=stream, script=written(text="launch code omega"))
        span = traced(context, f"{number:032x}", 4)["apply_guardrail charter llm_output"]
        equal((span["gen_ai.security.decision.type"], span["charter.decision.behaviors"]), ("deny", ["launch_codes"]))


@check("what failed is told as an error, and what the caller does not record is not told")
def _(context):
    server = gateway(context)
    ask(server, "Hello.", header(0xC1), script=written(status=500))
    chat = traced(context, f"{0xC1:032x}", 3)["chat scripted"]
    equal((chat["status"], chat["error.type"]), (2, "500"))
    server.request("GET", "/charter/v1/matrix", headers=header(0xC2), key="key-of-nobody")
    root = traced(context, f"{0xC2:032x}", 1)["GET /charter/v1/matrix"]
    equal((root["status"], root["http.response.status_code"]), (0, 401))
    ask(server, "Hello.", {"traceparent": f"00-{0xC3:032x}-{PARENT}-00"})
    ask(server, "Hello.", header(0xC4))
    traced(context, f"{0xC4:032x}", 4)
    equal([span for span in COLLECTOR.spans() if span["trace"] == f"{0xC3:032x}"], [])
    equal({(one[":path"], one["content-type"], one["x-api-key"]) for one in COLLECTOR.headers}, {("/v1/traces", "application/json", KEY)})


@check("a collector that fails or hangs costs its spans, which are counted, and no request waits for it")
def _(context):
    with contextlib.closing(Collector()) as collector:
        server = gateway(context, "traces dropped", collector)

        def dropped():
            return server.metrics()[("charter_dropped_spans_total", ())]

        collector.status = 503
        ask(server, "Hello.")
        context.within(5, lambda: dropped() == 4, "four are dropped")
        collector.status, collector.rejected = 200, 3
        ask(server, "Hello.")
        context.within(5, lambda: dropped() == 7, "three are rejected")
        collector.rejected = 0
        collector.goes_on.clear()
        began = time.monotonic()
        for _ in range(20):
            equal(ask(server, "Hello.").status, 200)
        holds(time.monotonic() - began < 5, "they waited")
        collector.goes_on.set()
        context.within(10, lambda: len(collector.spans()) >= 4 + 80, "what waited is told afterwards")
        equal(dropped(), 7)
    context.within(30, lambda: ask(server, "Hello.").status == 200 and dropped() > 7, "nobody is there any more")


@check("what is waiting when the gateway ends is told before it ends")
def _(context):
    with contextlib.closing(Collector()) as collector:
        server = gateway(context, "traces at the end", collector)
        ask(server, "Hello.")
        server.stop()
        equal(len(collector.spans()), 4)
