"""AuthZEN's Authorization API, over HTTP: the working group's vectors and its certification scenario."""
import json

from context import ROOT
from report import Group, equal, holds

check = Group("access")
FOLDER = ROOT / "Tests/Vectors/authzen"
URL = "https://pdp.example.com"


def gateway(context, charter, *names):
    policies = FOLDER / "policies"
    return context.other(f"access-{charter}", {
        "charter": str(policies / f"{charter}.md"), "upstream": {"url": context.upstream.url}, "public_url": URL,
        "operators": [{"name": name, "layer": str(policies / f"{name}.yaml"), "key": f"key-{name}", "access": str(policies / f"{name}.access.yaml")}
                      for name in names] + [{"name": "none", "layer": str(policies / f"{names[0]}.yaml"), "key": "key-none"}]})


def post(server, path, body, key, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return server.request("POST", path, data, {"Content-Type": "application/json"} | headers, key)


def as_set(results):
    return sorted(json.dumps(one, sort_keys=True) for one in results)


@check("each of the 352 vectors comes out as expected")
def _(context):
    todo = gateway(context, "todo", "todo", "gateway")
    records = gateway(context, "records", "records")
    files = [(todo, "todo", f"todo/decisions-authorization-api-1_0-0{draft}.json", "evaluation") for draft in range(3)]
    files += [(todo, "gateway", "gateway/decisions.json", "evaluation")]
    files += [(records, "records", f"search/{kind}/results.json", f"search/{kind}") for kind in ("subject", "resource", "action")]
    files += [(records, "records", "idp/results.json", "search/resource")]
    count = 0
    for server, name, file, path in files:
        for kind, cases in json.loads((FOLDER / file).read_text()).items():
            for case in cases:
                count += 1
                answer = post(server, f"/access/v1/{'evaluations' if kind == 'evaluations' else path}", case["request"], f"key-{name}")
                equal(answer.status, 200, f"{file}: {answer.body[:200]}")
                expected, found = case["expected"], answer.json
                if isinstance(expected, bool):
                    equal(found, {"decision": expected}, json.dumps(case["request"]))
                elif kind == "evaluations":
                    equal([one["decision"] for one in found["evaluations"]], [one["decision"] for one in expected], file)
                else:
                    equal(as_set(found["results"]), as_set(expected["results"]), json.dumps(case["request"]))
    equal(count, 352)


@check("the certification scenario holds")
def _(context):
    server = gateway(context, "certification", "certification")
    answers = {}
    lines = [json.loads(line) for line in (FOLDER / "certification/cases.jsonl").read_text().splitlines()]
    for case in lines:
        body = case["raw_body"].encode() if "raw_body" in case else case["body"]
        answer = post(server, case["path"], body, "key-certification", **case["headers"])
        expect, where = case["expect"], case["id"]
        equal(answer.status, expect["status"], f"{where}: {answer.body[:200]}")
        found = answers[where] = answer.json if answer.status == 200 else None
        if "decision" in expect:
            equal(found["decision"], expect["decision"], where)
        for one, wanted in zip(found.get("evaluations", ()) if found else (), expect.get("evaluations", ())):
            holds(isinstance(one["decision"], bool) and wanted in (None, one["decision"]), f"{where}: {found}")
        if "evaluations" in expect:
            equal(len(found["evaluations"]), len(expect["evaluations"]), where)
        for one in expect.get("results_include", ()):
            holds(one in found["results"], f"{where}: {found}")
        if "results" in expect:
            equal(as_set(found["results"]), as_set(expect["results"]), where)
        if "same_results_as" in expect:
            equal(as_set(found["results"]), as_set(answers[expect["same_results_as"]]["results"]), where)
        for name, value in expect.get("response_headers", {}).items():
            equal(answer.headers.get(name.lower()), value, where)
        if answer.status != 200:
            holds(answer.body and b"{" not in answer.body, f"{where}: an error is a sentence: {answer.body[:100]}")
    return f"{len(lines)} cases"


@check("a batch stops at the first deny, or at the first permit, where it is told to")
def _(context):
    server = gateway(context, "certification", "certification")
    alice, record = {"type": "user", "id": "alice"}, {"type": "record", "id": "record-1"}
    items = [{"action": {"name": name}} for name in ("read", "fly", "write", "delete")]
    for semantics, wanted in (("execute_all", [True, False, True, False]), ("deny_on_first_deny", [True, False]),
                              ("permit_on_first_permit", [True])):
        answer = post(server, "/access/v1/evaluations", {"subject": alice, "resource": record, "evaluations": items,
                                                         "options": {"evaluations_semantic": semantics, "other": 1}}, "key-certification")
        equal([one["decision"] for one in answer.json["evaluations"]], wanted, semantics)
    equal(post(server, "/access/v1/evaluations", {"subject": alice, "resource": record, "evaluations": items,
                                                  "options": {"evaluations_semantic": "sometimes"}}, "key-certification").status, 400)


@check("a search comes in pages, whose tokens are of that search alone")
def _(context):
    server = gateway(context, "records", "records")
    ask = {"subject": {"type": "user", "id": "dan"}, "action": {"name": "view"}, "resource": {"type": "record"}}
    whole = post(server, "/access/v1/search/resource", ask, "key-records").json
    holds("page" not in whole and len(whole["results"]) == 20, f"{whole}")
    token, found = "", []
    for _ in range(10):
        page = {"limit": 7} | ({"token": token} if token else {})
        answer = post(server, "/access/v1/search/resource", ask | {"page": page}, "key-records").json
        found += answer["results"]
        equal((answer["page"]["count"], answer["page"]["total"]), (len(answer["results"]), 20))
        token = answer["page"]["next_token"]
        if not token:
            break
    equal(found, whole["results"])
    first = post(server, "/access/v1/search/resource", ask | {"page": {"limit": 7}}, "key-records").json["page"]["next_token"]
    equal(post(server, "/access/v1/search/resource", ask | {"page": {"token": first}}, "key-records").json["results"], whole["results"][7:14])
    for other, page in ((ask | {"action": {"name": "edit"}}, {"token": first}), (ask, {"token": first, "limit": 8}), (ask, {"token": "x"}),
                        (ask, {"limit": -1}), (ask, {"limit": "7"}), (ask, [])):
        equal(post(server, "/access/v1/search/resource", other | {"page": page}, "key-records").status, 400, str(page))


@check("the metadata names the endpoints under the address that clients know")
def _(context):
    found = gateway(context, "records", "records").request("GET", "/.well-known/authzen-configuration")
    equal((found.status, found.headers["content-type"]), (200, "application/json"))
    equal(found.json["policy_decision_point"], URL)
    equal({url.removeprefix(URL) for name, url in found.json.items() if name != "policy_decision_point"},
          {f"/access/v1/{path}" for path in ("evaluation", "evaluations", "search/subject", "search/resource", "search/action")})


@check("who has no key is told so, and errors say nothing of the request")
def _(context):
    server = gateway(context, "records", "records")
    ask = {"subject": {"type": "user", "id": "dan"}, "action": {"name": "view"}, "resource": {"type": "record", "id": "101"}}
    for key, status in ((None, 401), ("nobody's", 401), ("key-none", 403)):
        answer = post(server, "/access/v1/evaluation", ask, key, **{"X-Request-ID": "r-1"})
        equal((answer.status, answer.headers.get("x-request-id")), (status, "r-1"))
        equal(answer.headers.get("www-authenticate"), "Bearer" if status == 401 else None)
    for body in (b'{"subject": {"type": "user", "id": "secret-7"}, "subject": {}}', b"[" * 100, b'{"subject": "secret-7"}', b"\xff", b"x" * (1 << 20) + b"y"):
        answer = post(server, "/access/v1/evaluation", body, "key-records")
        holds(answer.status in (400, 413) and b"secret-7" not in answer.body, f"{answer.status}: {answer.body[:100]}")
