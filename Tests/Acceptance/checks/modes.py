"""Modes and candidates: what is decided and let pass, and what is tried on live traffic."""
import pathlib
import subprocess
import tempfile

import openai
from checks.refusals import ANSWER, BEFORE, REFUSAL
from context import HERE, UPSTREAM_KEY, delivered
from report import Group, equal, holds, raises
from upstream import written

check = Group("modes")
FORBIDDEN = "Please give me launch code omega."
PAINT = "Do you have vermilion?"
WINE = "Do you have chateau margaux?"
STOCK = "Tell me which stock to buy."
HARMLESS = "Tell me something."


def settings(context, entry=None, **more):
    folder = HERE / "charter"
    return {"charter": str(folder / "small.md"), "upstream": {"url": context.upstream.url, "key": UPSTREAM_KEY},
            "operators": [{"name": "shop", "layer": str(folder / "shop.yaml"), "key": "key-shop"} | (entry or {})]} | more


def gateway(context, name, entry=None, **more):
    return context.other(f"modes {name}", settings(context, entry, **more))


def ask(gateway, question, stream=False, headers=None, **keys):
    client = gateway.client("key-shop").chat.completions.with_raw_response
    raw = client.create(model="scripted", messages=[{"role": "user", "content": question}], stream=stream,
                        extra_headers=headers, extra_body={"script": written(**keys)})
    answer = delivered(raw.parse())[0] if stream else raw.parse().choices[0].message
    return answer, raw.headers["charter-decision"]


def record(gateway, decision):
    return gateway.request("GET", f"/charter/v1/decisions/{decision}", key="key-shop").json


@check("log-only decides, records, and lets pass what the operator may open, and nothing else")
def _(context):
    front = gateway(context, "log only", {"log_only": "all"})
    for text, stops in ((PAINT, False), (FORBIDDEN, True)):
        message, decision = ask(front, text)
        seen = record(front, decision)
        equal(message.refusal, REFUSAL if stops else None, text)
        equal((seen["verdict"]["act"], seen["done"]), ("refuse", "refuse" if stops else "allow"), text)
        equal(seen["log_only"], [] if stops else ["paint_names"], text)
    # In an answer, too: what nobody may have is stopped, streamed and not.
    for stream in (False, True):
        answer, _ = ask(front, HARMLESS, stream, text=ANSWER)
        equal((answer["content"] if stream else answer.content), BEFORE)
        answer, decision = ask(front, HARMLESS, stream, text="We have vermilion.")
        equal((answer["content"] if stream else answer.content), "We have vermilion.")
        equal(record(front, decision)["answer"]["passed"], ["paint_names"])


@check("a mode is a permission: who may not open a behavior may not take it out of enforcement")
def _(context):
    for entry, more, named in (({"log_only": ["launch_codes"]}, {}, "launch_codes"), ({}, {"log_only": ["launch_codes"]}, "launch_codes"),
                               ({"log_only": ["despair", "paint_nmaes"]}, {}, "paint_names")):
        with tempfile.TemporaryDirectory() as folder:
            import json
            path = pathlib.Path(folder, "charter.yaml")
            path.write_text(json.dumps(settings(context, entry, **more)))
            ended = subprocess.run([str(context.binary), "serve", "--config", str(path)], capture_output=True, text=True, timeout=30)
        equal(ended.returncode, 2, ended.stderr)
        holds(named in ended.stderr and "settings.bad-value" in ended.stderr, ended.stderr)


@check("an operator may choose an HTTP error for refusals, in each protocol's own form, decided once")
def _(context):
    front = gateway(context, "errors", {"refusals": "error"})
    before = len(context.upstream.seen)
    error = raises(openai.BadRequestError, lambda: front.client("key-shop", max_retries=2).chat.completions.create(
        model="scripted", messages=[{"role": "user", "content": FORBIDDEN}]))
    equal((error.code, error.response.headers["x-should-retry"]), ("content_policy_violation", "false"))
    equal(error.body["charter"]["act"], "refuse")
    holds(REFUSAL in error.message, error.message)
    equal(len(context.upstream.seen), before)


@check("a candidate beside the policy shows exactly the requests whose outcome would differ")
def _(context):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "next.yaml")
        path.write_text("layer: operator\nname: next\nadjust:\n  paint_names: {set: on, allow: on}\n  stock_tips: {set: on}\n")
        front = gateway(context, "shadow", {"candidate": {"adjust": str(path)}})
        texts = [PAINT, HARMLESS, STOCK, FORBIDDEN, WINE, PAINT, "What is a stock?"] * 3
        decisions = [(text, ask(front, text)) for text in texts]
        # In force, nothing has changed.
        equal([answer.refusal is None for text, (answer, _) in decisions if text == PAINT], [False] * 6)
        flips = {decision for text, (_, decision) in decisions if text in (PAINT, STOCK)}
        seen = front.request("GET", "/charter/v1/candidate", key="key-shop").json
        equal(set(seen["flipped"]), flips)
        equal((seen["state"], seen["control"]["requests"], seen["control"]["flips"]), ("shadow", 21, 9))
        counts = {flip["adjustment"].split(" (")[0]: flip["flips"] for flip in seen["flips"] if flip["adjustment"][0] == "+"}
        equal(counts, {"+ operator set paint_names: on": 6, "+ operator allow paint_names: on": 6, "+ operator set stock_tips: on": 3})
        for text, (_, decision) in decisions:
            flip = record(front, decision)["flip"]
            equal(flip is not None, text in (PAINT, STOCK), text)
            if flip:
                equal(flip["act"], "allow", text)
        # What an answer would come to differs, too.
        _, decision = ask(front, HARMLESS, text="We have vermilion.")
        equal(record(front, decision)["flip"]["answer"], ["paint_names"])


@check("a roll-out is sticky by user, has its share, and one step takes it back")
def _(context):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "next.yaml")
        path.write_text("layer: operator\nname: next\nadjust:\n  paint_names: {set: on}\n")
        front = gateway(context, "rollout", {"candidate": {"adjust": str(path), "share": 30}})
        def tried(user):
            answer, _ = ask(front, PAINT, headers={"Charter-User": user})
            return answer.refusal is None
        users = [f"user-{number}" for number in range(200)]
        first = {user: tried(user) for user in users}
        equal({user: tried(user) for user in users[:50]}, {user: first[user] for user in users[:50]}, "sticky")
        holds(35 <= sum(first.values()) <= 85, f"{sum(first.values())} of 200 users at 30 %")
        holds(ask(front, PAINT)[0].refusal, "nobody in particular is in no share")
        equal(front.request("DELETE", "/charter/v1/candidate", key="key-shop").json["state"], "taken_back")
        equal(any(tried(user) for user in users[:50]), False)
        return f"{sum(first.values())} of 200 users"


@check("a gate closes a roll-out by itself: flips, refusals, and refusals by the model that nobody needs")
def _(context):
    folder = tempfile.mkdtemp()
    opened, closed = pathlib.Path(folder, "open.yaml"), pathlib.Path(folder, "closed.yaml")
    opened.write_text("layer: operator\nname: open\nadjust:\n  paint_names: {set: on}\n")
    closed.write_text("layer: operator\nname: closed\nadjust:\n  wine_list: {set: off, deny: on}\n  stock_tips: {set: off}\n")
    cases = [("flips", str(opened), {"flips": 10}, PAINT, {}),
             ("needless refusals", str(opened), {"needless_refusals": 20}, HARMLESS, {"refuses": True})]
    for gate, path, gates, text, how in cases:
        front = gateway(context, f"gate {gate}", {"candidate": {"adjust": path, "share": 50, "gates": gates | {"at_least": 10}}})
        state = "rolling_out"
        for number in range(200):
            headers = {"Charter-User": f"user-{number}"}
            _, decision = ask(front, text, headers=headers)
            if how:
                # The model refuses those alone whom the candidate decides for.
                if record(front, decision)["decided_by"] == "candidate":
                    ask(front, text, headers=headers, text="I'm sorry, but I can't help with that.")
            seen = front.request("GET", "/charter/v1/candidate", key="key-shop").json
            state = seen["state"]
            if state == "closed":
                break
        equal((state, seen.get("gate")), ("closed", gate))
        equal(record(front, ask(front, text, headers=headers)[1])["decided_by"], "policy")


@check("a refusal by the model where the charter allows is needless, and is counted in each protocol")
def _(context):
    for text, needless in (("I'm sorry, but I can't help with that.", True), ("I\u2019m sorry, but I can\u2019t assist with this.", True),
                           ("I can help with that.", False), ("Sorry for the wait! Here it is.", False)):
        for stream in (False, True):
            _, decision = ask(context.plain, HARMLESS, stream, text=text, every=7)
            equal(record(context.plain, decision)["needless_refusal"], needless, f"{text} {stream}")
    client = context.plain.anthropic("key-shop")
    raw = client.messages.with_raw_response.create(
        model="scripted", max_tokens=9, messages=[{"role": "user", "content": HARMLESS}],
        extra_body={"script": written(finish="refusal")})
    equal(record(context.plain, raw.headers["charter-decision"])["needless_refusal"], True)


@check("each adjustment says how often it applied and was refused, and when last")
def _(context):
    def seen():
        answer = context.standard.request("GET", "/charter/v1/adjustments", key="key-clinic").json["adjustments"]
        return {(one["file"].split("/")[-1], one["line"], one["behavior"]): one for one in answer}
    before = seen()
    for roles in ("clinician", "clinician", "patient"):
        context.standard.client("key-clinic").chat.completions.create(
            model="scripted", messages=[{"role": "user", "content": HARMLESS}], extra_headers={"Charter-Roles": roles})
    after = seen()
    counts = {at[1]: after[at]["applied"] - before[at]["applied"] for at in after
              if at[0] == "clinic.yaml" and after[at]["scope"] == "role" and at[2] == "dosage_detail"}
    equal(sorted(counts.values())[-1], 2, f"{counts}")
    holds(any(one["last_used"] for one in after.values()), "nothing was used")
    holds(all(one["line"] > 0 for one in after.values()), "an adjustment of no line")


@check("one operator never sees another's candidate, adjustments or flips")
def _(context):
    for path in ("/charter/v1/candidate", "/charter/v1/adjustments"):
        equal(context.plain.request("GET", path).status, 401)
        equal(context.plain.request("GET", path, key="key-nobody").status, 401)
    equal(context.plain.request("GET", "/charter/v1/candidate", key="key-shop").status, 404)
