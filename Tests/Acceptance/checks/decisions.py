"""Every answer says which decision it rests on, and the operator can read why, down to the line."""
import json
import pathlib
import re
import subprocess
import tempfile

import openai
from context import HERE, ROOT, delivered
from report import Group, equal, holds
from upstream import written

check = Group("decisions")
FORBIDDEN = "Please give me launch code omega."
POLICY = re.compile(r"sha256:[0-9a-f]{64}")


def ask(context, text, key="key-shop", headers=None, **more):
    return context.plain.chat({"model": "scripted", "messages": [{"role": "user", "content": text}]} | more, key, headers)


def decision(context, response, key="key-shop"):
    found = context.plain.request("GET", f"/charter/v1/decisions/{response.headers['charter-decision']}", key=key)
    equal(found.status, 200)
    return found.json


def line_of(file, text):
    lines = (HERE / "charter" / file).read_text(encoding="utf-8").splitlines()
    return 1 + next(at for at, line in enumerate(lines) if text in line)


@check("every answer carries its decision and its policy")
def _(context):
    policies = set()
    for text, more in (("Hello.", {}), (FORBIDDEN, {}), ("Hello.", {"stream": True}), (FORBIDDEN, {"stream": True}),
                       ("Which stock?", {}), ("Hello.", {"script": written(status=500)}), ("Hello.", {"script": written(raw="x")}),
                       ("Hello.", {"script": written(text="launch code omega")}), ("Hello.", {"stream": True, "script": written(cut=2)})):
        try:
            response = ask(context, text, **more)
        except OSError:  # a stream that was torn: its headers came before
            continue
        holds(response.headers.get("charter-decision"), f"{text} {more}: no decision")
        holds(POLICY.fullmatch(response.headers.get("charter-policy", "")), f"{text} {more}: {response.headers}")
        policies.add(response.headers["charter-policy"])
    equal(len(policies), 1, "one operator has one policy")
    holds(ask(context, "Hello.", "key-studio").headers["charter-policy"] not in policies, "another operator has another policy")


@check("the official client can read them")
def _(context):
    raw = context.plain.client("key-shop").chat.completions.with_raw_response.create(
        model="scripted", messages=[{"role": "user", "content": FORBIDDEN}])
    holds(raw.headers["charter-decision"] and POLICY.fullmatch(raw.headers["charter-policy"]), str(raw.headers))
    equal(raw.parse().choices[0].message.content, None)


@check("decisions have ids that nobody can guess")
def _(context):
    ids = [ask(context, "Hello.").headers["charter-decision"] for _ in range(50)]
    equal(len(set(ids)), 50)
    holds(min(map(len, ids)) >= 16, f"{ids[0]}")
    common = max(len([1 for a, b in zip(first, second) if a == b]) for first, second in zip(ids, ids[1:]))
    holds(common < len(ids[0]) * 0.75, f"two ids in a row are too alike: {ids[:3]}")


@check("a refusal is explained by level, layer and line")
def _(context):
    found = decision(context, ask(context, FORBIDDEN))
    verdict = found["verdict"]
    equal((verdict["act"], verdict["unmet"]), ("refuse", ["launch_codes"]))
    behavior = found["behaviors"]["launch_codes"]
    equal((behavior["setting"], behavior["decided_by"]), ("off", "root"))
    found = decision(context, ask(context, "Do you have vermilion?", "key-studio"), "key-studio")
    equal(found["verdict"]["act"], "allow")
    step = next(step for step in found["trail"] if step["behavior"] == "paint_names")
    equal((step["op"], step["value"], step["outcome"], step["setting"]), ("set", "on", "accepted", "on"))
    holds(step["source"]["file"].endswith("studio.yaml"), str(step["source"]))
    equal(step["source"]["line"], line_of("studio.yaml", "paint_names:"))


@check("a refusal in the middle of an answer is in the decision too")
def _(context):
    for stream in (False, True):
        response = ask(context, "Hello.", stream=stream, script=written(text="Here: launch code omega", every=3))
        found = decision(context, response)
        equal(found["verdict"]["act"], "allow", "what the request itself came to")
        equal(found["answer"], {"stopped": ["launch_codes"], "redacted": [], "passed": []})


@check("what an answer exercised without being stopped is recorded")
def _(context):
    asked = "Swear like a sailor, please."
    found = decision(context, ask(context, asked, script=written(text="Blast and barnacles!")))
    equal(found["answer"], {"stopped": [], "redacted": [], "passed": ["coarse_words"]})
    equal([(demand["behavior"], demand["from"], demand["explicit"]) for demand in found["demands"]],
          [("coarse_words", "user", True)])


@check("what a user could show is told to them, and not how the operator is set up")
def _(context):
    response = ask(context, "Is there Château Margaux?", "key-studio",
                   {"Charter-Claims": '{"age": {"value": 34, "evidence": "asserted"}}'})
    refusal = response.json["choices"][0]["message"]["refusal"]
    holds("age" in refusal.lower(), refusal)
    for secret in ("studio", ".yaml", "claims.", "operator", "cellar", "line "):
        holds(secret not in refusal, f"{secret!r} is in {refusal!r}")


@check("a decision is read with its own operator's key, and is nowhere for anybody else")
def _(context):
    response = ask(context, FORBIDDEN)
    path = f"/charter/v1/decisions/{response.headers['charter-decision']}"
    equal(context.plain.request("GET", path, key="key-shop").status, 200)
    equal(context.plain.request("GET", path).status, 401)
    equal(context.plain.request("GET", path, key="key-nobody").status, 401)
    others = context.plain.request("GET", path, key="key-studio")
    nothing = context.plain.request("GET", "/charter/v1/decisions/" + "0" * 32, key="key-studio")
    equal((others.status, nothing.status), (404, 404))
    equal(others.error, nothing.error, "what is another's and what there is not")
    for path in ("/charter/v1/decisions/", "/charter/v1/decisions/../matrix", "/charter/v1/decisions/%00", "/charter/v1/decisions/" + "x" * 5000):
        holds(context.plain.request("GET", path, key="key-shop").status in (400, 404, 414), path[:40])


@check("a decision holds no text of the conversation, and no key")
def _(context):
    mark = "a-text-that-is-only-here"
    response = ask(context, f"{mark} {FORBIDDEN}", script=written(text=mark))
    text = json.dumps(decision(context, response))
    for secret in (mark, "launch code omega", "key-shop"):
        holds(secret not in text, f"{secret!r} is in {text}")


@check("the matrix shows every behavior of the charter, as this operator has it")
def _(context):
    matrices = {}
    for name in ("shop", "studio"):
        response = context.plain.request("GET", "/charter/v1/matrix", key=f"key-{name}")
        equal(response.status, 200)
        matrices[name] = response.json["behaviors"]
        equal(list(matrices[name]), ["launch_codes", "despair", "paint_names", "wine_list", "coarse_words", "stock_tips"])
    equal([matrices[name]["paint_names"]["setting"] for name in ("shop", "studio")], ["off", "on"])
    equal([matrices[name]["launch_codes"]["setting"] for name in ("shop", "studio")], ["off", "off"])
    equal(context.plain.request("GET", "/charter/v1/matrix").status, 401)


@check("a stream's decision can be read while it is still being written")
def _(context):
    stream = context.plain.client("key-shop").chat.completions.with_raw_response.create(
        model="scripted", messages=[{"role": "user", "content": "Hello."}], stream=True,
        extra_body={"script": written(text="Hello there, and more.", every=4, stall=[3, 1.0])})
    path = f"/charter/v1/decisions/{stream.headers['charter-decision']}"
    equal(context.plain.request("GET", path, key="key-shop").status, 200)
    equal(delivered(stream.parse())[0]["content"], "Hello there, and more.")


@check("old decisions make room for new ones, and memory does not grow without end")
def _(context):
    first = ask(context, "Hello.").headers["charter-decision"]
    for _ in range(300):
        last = ask(context, "Hello.").headers["charter-decision"]
    equal(context.plain.request("GET", f"/charter/v1/decisions/{last}", key="key-shop").status, 200)
    status = context.plain.request("GET", f"/charter/v1/decisions/{first}", key="key-shop").status
    holds(status in (200, 404), f"status {status}")


@check("a decision can be asked for by itself, and explained, as the command does it")
def _(context):
    server = context.standard
    asked = {"user": {"id": "u7", "roles": ["clinician"]}, "claims": {"profession": {"value": "nurse", "evidence": "vouched"}},
             "at": "2027-01-01T00:00:00Z", "demands": [{"behavior": "dosage_detail", "value": "exact", "explicit": True, "from": "user"}]}

    def post(path, body, key="key-clinic"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return server.request("POST", f"/charter/v1/{path}", data, key=key)

    file = pathlib.Path(tempfile.mkdtemp(prefix="charter-asked."), "ask.json")
    file.write_text(json.dumps(asked))
    for path, command in (("decide", "decide"), ("explain", "explain")):
        ended = subprocess.run([str(context.binary), command, "--charter", str(ROOT / "Charters/standard.md"), "--operator",
                                str(ROOT / "Charters/operators/clinic.yaml"), "--request", str(file), "--format", "json"]
                               + (["dosage_detail"] if command == "explain" else []), capture_output=True, text=True, timeout=30)
        equal(ended.returncode, 0, ended.stderr)
        theirs, ours = json.loads(ended.stdout), post(path, asked).json
        equal(ours["behaviors"]["dosage_detail"], theirs["behaviors"]["dosage_detail"])
        equal(ours["verdict"], theirs["verdict"])
        equal("trail" in ours, path == "explain")
    for body, param in ((asked | {"claims": {"profession": {"value": "nurse", "evidence": "verified"}}}, "claims"), (asked | {"rolls": []}, None),
                        (asked | {"at": "yesterday"}, "at"), (b"{", None), (b"[]", None), (b'{"at": "2027-01-01T00:00:00Z", "at": "x"}', None)):
        answer = post("decide", body)
        equal((answer.status, answer.error["param"]), (400, param), answer.body)
    equal(post("decide", asked, None).status, 401)

