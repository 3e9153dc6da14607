"""Tokens: what a signature shows is verified, and nothing else is."""
import json
import pathlib
import subprocess
import tempfile
import threading
import time

import issuer
from context import HERE
from issuer import claims, token
from report import Group, equal, holds

check = Group("tokens")
KEY = "key-hospital"
TOKENS = {"issuer": issuer.ISSUER, "audience": issuer.AUDIENCE, "roles": "/realm_access/roles",
          "claims": {"age": "age", "profession": "https://hospital.example/profession"}}
FILES = tempfile.TemporaryDirectory(prefix="charter-keys.")


def settings(context, **tokens):
    folder = HERE / "charter"
    return {"charter": str(folder / "tokens.md"), "upstream": {"url": context.upstream.url},
            "operators": [{"name": "hospital", "layer": str(folder / "hospital.yaml"), "key": KEY, "tokens": TOKENS | tokens},
                          {"name": "without", "layer": str(folder / "hospital.yaml"), "key": "key-without"}]}


def key_file(name: str, keys) -> str:
    path = pathlib.Path(FILES.name, name)
    path.write_text(json.dumps(keys), encoding="utf-8")
    return str(path)


def gateway(context):
    """Checks tokens with a key set on disk."""
    return context.other("tokens", settings(context, jwks=key_file("keys.json", issuer.KEY_SET)))


def matrix(server, *tokens, key=KEY, **fields):
    headers = {f"Charter-{name}": value for name, value in fields.items()}
    if tokens:
        headers["Charter-Token"] = tokens[0] if len(tokens) == 1 else ", ".join(tokens)
    return server.request("GET", "/charter/v1/matrix", headers=headers, key=key)


def opened(response) -> set:
    """The behaviors of `hospital` that are in force."""
    equal(response.status, 200, response.body[:300])
    return {name for name, one in response.json["behaviors"].items() if one["setting"] == "on"}


def refused(response, status=401, code="invalid_token"):
    equal((response.status, response.error["code"], response.error["param"]), (status, code, "charter-token"), response.body[:300])
    return response.error["message"]


@check("each good token shows who somebody is, and what of them is verified")
def _(context):
    for name, one in issuer.good().items():
        equal(opened(matrix(gateway(context), one)), {"records", "wine", "tea", "ward"}, name)
        equal(opened(matrix(gateway(context), one)), {"records", "wine", "tea", "ward"}, f"{name}, once more")
    return f"{len(issuer.good())} tokens"


@check("each bad token is a 401 that says why, and shows nothing")
def _(context):
    server, said = gateway(context), issuer.bad()
    for name, (one, why) in said.items():
        if not one.isascii() or len(one) > 16_384:
            continue
        message = refused(matrix(server, one))
        part = one.split(".")[1][:30] if one.count(".") > 1 else ""
        holds(not part or part not in message, f"{name}: the token is in the message")
        refused(server.chat({"model": "scripted", "messages": [{"role": "user", "content": "Hello."}]}, KEY, {"Charter-Token": one}))
    parts = {part for one, _ in said.values() for part in one.split(".") if len(part) > 20}
    holds(not any(part in server.written() for part in parts), "a token is in the log")
    return f"{len(said)} tokens"


@check("`charter token check` says of each token what the gateway does, and why")
def _(context):
    path = pathlib.Path(FILES.name, "charter.yaml")
    path.write_text(json.dumps(settings(context, jwks=key_file("keys.json", issuer.KEY_SET))), encoding="utf-8")
    good, bad = issuer.good(), issuer.bad()
    lines = list(good.values()) + [one for one, _ in bad.values()]
    ended = subprocess.run([str(context.binary), "token", "check", "--config", str(path), "--operator", "hospital", "--format", "json", "-"],
                           input="\n".join(lines), capture_output=True, text=True, timeout=60)
    equal(ended.returncode, 1, ended.stderr[:500])
    found = json.loads(ended.stdout)["tokens"]
    equal(len(found), len(lines))
    for name, one in zip(good, found):
        equal((one["valid"], one.get("user"), one.get("roles"), one.get("claims")),
              (True, "u7", ["staff"], {"age": 34, "profession": "physician"}), name)
    for (name, (_, why)), one in zip(bad.items(), found[len(good):]):
        equal((one["valid"], one.get("error")), (False, why), name)
    return f"{len(good)} good and {len(bad)} bad"


@check("what somebody asserts, what the operator vouches for and what is signed each open their own")
def _(context):
    server = gateway(context)
    said = {"age": 34, "profession": "physician"}
    weak = json.dumps({name: {"value": value, "evidence": "asserted"} for name, value in said.items()})
    equal(opened(matrix(server)), set())
    equal(opened(matrix(server, Claims=weak)), {"tea"})
    equal(opened(matrix(server, Claims=json.dumps(said))), {"tea", "wine"})
    equal(opened(matrix(server, token(), Claims=weak)), {"tea", "wine", "records", "ward"})
    equal(opened(matrix(server, token(said=claims(age=16)))), {"records", "ward"})
    equal(opened(matrix(server, token(said=claims(age="34", realm_access=None)))), {"records"}, "an age that is a text is no age")


@check("a decision says that a token verified the claim, and whose role it was")
def _(context):
    server = gateway(context)
    answer = server.chat({"model": "scripted", "messages": [{"role": "user", "content": "Hello."}]}, KEY, {"Charter-Token": token()})
    found = server.request("GET", f"/charter/v1/decisions/{answer.headers['charter-decision']}", key=KEY).json
    equal(found["behaviors"]["records"]["setting"], "on")
    steps = [step for step in found["trail"] if step["behavior"] == "records" and step["source"] and "hospital.yaml" in step["source"]["file"]]
    holds(steps and steps[0]["outcome"] == "accepted", str(steps))
    text = json.dumps(found)
    holds(token() not in text and "physician" not in text, "what the token says is kept")


@check("where the operator's fields and the token disagree, nobody is believed")
def _(context):
    server = gateway(context)
    for fields in ({"User": "u8"}, {"Claims": '{"age": 35}'}, {"Claims": '{"profession": "nurse"}'}):
        answer = matrix(server, token(), **fields)
        equal((answer.status, answer.error["param"]), (400, "charter-" + list(fields)[0].lower()))
    equal(opened(matrix(server, token(), User="u7", Claims='{"age": 34.0}')), {"tea", "wine", "records", "ward"})
    for response in (matrix(server, token(), key="key-without"),):
        equal((response.status, response.error["param"]), (400, "charter-token"))
    holds(matrix(server, token(), token()).status in (400, 401), "two tokens in one field")
    equal(matrix(server, token(), key=None).status, 401, "a token without the operator's key")


@check("a shared secret is taken where the settings choose it, and only for HS256")
def _(context):
    server = context.other("secret", settings(context, secret=issuer.SECRET, algorithms=["HS256"]))
    import jwt
    equal(opened(matrix(server, jwt.encode(claims(), issuer.SECRET, "HS256"))), {"tea", "wine", "records", "ward"})
    equal(opened(matrix(server, jwt.encode(claims(), issuer.SECRET, "HS256", {"kid": "any"}))), {"tea", "wine", "records", "ward"})
    for one in (jwt.encode(claims(), issuer.SECRET + "x", "HS256"), jwt.encode(claims(), issuer.SECRET, "HS384"),
                token(), token("ES256"), jwt.encode(claims(), None, "none")):
        refused(matrix(server, one))


@check("keys rotate while requests run, and no token by a key of the day is turned away")
def _(context):
    keys = {f"k{number}": issuer.ec.generate_private_key(issuer.ec.SECP256R1()) for number in range(7)}
    server = issuer.Server()
    server.keys = issuer.key_set(k0=keys["k0"])
    front = context.other("rotation", settings(context, jwks=server.url, algorithms=["ES256"], refresh=1))
    today, failures, done, stop = ["k0"], [], [0], threading.Event()

    def ask():
        while not stop.is_set():
            day = today[0]
            answer = matrix(front, token("ES256", key=keys[day], kid=day))
            done[0] += 1
            if answer.status != 200:
                failures.append((day, answer.status, answer.body))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 7):
        time.sleep(0.7)
        server.keys = issuer.key_set(**{f"k{n}": keys[f"k{n}"] for n in range(max(0, number - 3), number + 1)})
        today[0] = f"k{number}"
    time.sleep(0.7)
    stop.set()
    for thread in threads:
        thread.join(20)
    equal(failures, [])
    context.within(10, lambda: matrix(front, token("ES256", key=keys["k0"], kid="k0")).status == 401, "a token by a key of old is turned away")
    holds(server.asked < 30, f"the issuer was asked {server.asked} times")
    server.stop()
    return f"{done[0]} requests, 6 rotations, the issuer was asked {server.asked} times"


@check("keys that nobody has cost an issuer one question a second, however many ask")
def _(context):
    server = issuer.Server()
    front = context.other("flood", settings(context, jwks=server.url))
    equal(matrix(front, token()).status, 200)
    began, asked = time.monotonic(), server.asked
    threads = [threading.Thread(target=lambda n=n: refused(matrix(front, token(kid=f"nobody's {n}")))) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    seconds = time.monotonic() - began
    holds(server.asked - asked <= seconds + 1, f"{server.asked - asked} questions in {seconds:.1f} s")
    equal(matrix(front, token()).status, 200)
    server.stop()
    return f"40 tokens, {server.asked - asked} questions"


@check("a set of keys that is none keeps the gateway from starting, and the command says why")
def _(context):
    for name, text, why in (("none.json", None, "no such file"), ("empty.json", '{"keys": []}', "no key"), ("html.json", "<html>", "malformed")):
        path = pathlib.Path(FILES.name, name)
        if text is not None:
            path.write_text(text)
        config = pathlib.Path(FILES.name, "charter.yaml")
        config.write_text(json.dumps(settings(context, jwks=str(path))), encoding="utf-8")
        for command in (["check"], ["serve", "--config"]):
            ended = subprocess.run([str(context.binary), *command, str(config)], capture_output=True, text=True, timeout=30)
            holds(ended.returncode in (1, 2) and why in ended.stderr + ended.stdout, f"{name}: {command}: {ended}")
    config.write_text(json.dumps(settings(context, jwks="http://127.0.0.1:9/jwks.json")), encoding="utf-8")
    ended = subprocess.run([str(context.binary), "token", "check", "--config", str(config), "--operator", "hospital", "-"], input=token(),
                           capture_output=True, text=True, timeout=30)
    equal(ended.returncode, 3, ended.stderr)
    holds("cannot be reached" in ended.stderr, ended.stderr)


@check("a field that nobody knows is told, and not passed over")
def _(context):
    for name in ("Usr", "Role", "X"):
        answer = matrix(gateway(context), **{name: "u7"})
        equal(answer.status, 400)
        holds("charter-user" in answer.error["message"] and name not in answer.error["message"], answer.error["message"])
    equal(matrix(gateway(context), Decision="d", Policy="p").status, 200, "what an answer had may come back")


@check("a token that was believed is looked at again when its key is withdrawn")
def _(context):
    server = issuer.Server()
    front = context.other("withdrawn", settings(context, jwks=server.url, refresh=1))
    one = token()
    equal(matrix(front, one).status, 200)
    server.keys = issuer.key_set(e1=issuer.PRIVATE["ES256"])
    context.within(8, lambda: matrix(front, one).status == 401, "a withdrawn key is believed")
    server.stop()


@check("an issuer that hangs, grows, breaks or is gone costs a 503, and no more")
def _(context):
    server = issuer.Server()
    for name in ("hangs", "drips"):
        setattr(server, name, 30)
        front = context.other(name, settings(context, jwks=server.url))
        began = time.monotonic()
        refused(matrix(front, token()), 503, "keys_unavailable")
        holds(4 < time.monotonic() - began < 15, f"{name}: {time.monotonic() - began:.1f} s")
        setattr(server, name, 0)
        equal(matrix(front, token()).status, 200, f"{name}, and it mends itself")
    server.grows = True
    front = context.other("growing", settings(context, jwks=server.url))
    refused(matrix(front, token()), 503, "keys_unavailable")
    resident = int((pathlib.Path("/proc") / str(front.process.pid) / "statm").read_text().split()[1]) * 4
    holds(resident < 150_000, f"{resident} KB resident")
    server.grows = False
    for keys in (b"<html>", b"{}", b'{"keys": []}', json.dumps({"keys": [issuer.jwk(issuer.PRIVATE["RS256"], "r1")] * 101}).encode(), b"[" * 10_000):
        server.keys = keys
        refused(matrix(front, token()), 503, "keys_unavailable")
    for status in (301, 404, 500):
        server.status, server.keys = status, issuer.KEY_SET
        refused(matrix(front, token()), 503, "keys_unavailable")
    server.status = 200
    equal(matrix(front, token()).status, 200, "and it mends itself")
    equal(matrix(front).status, 200, "who shows nothing needs no issuer")
    server.stop()


@check("the last good keys stay while an issuer is away, and not for ever")
def _(context):
    server = issuer.Server()
    front = context.other("away", settings(context, jwks=server.url, refresh=1, max_age=4))
    equal(matrix(front, token()).status, 200)
    server.status = 500
    time.sleep(1.5)
    for _ in range(5):
        equal(matrix(front, token()).status, 200)
    context.within(8, lambda: matrix(front, token()).status == 503, "keys are believed for ever")
    server.stop()


@check("a key set on disk is read again")
def _(context):
    path = key_file("changing.json", issuer.key_set(e1=issuer.PRIVATE["ES256"]))
    front = context.other("disk", settings(context, jwks=path, refresh=1))
    equal(matrix(front, token("ES256")).status, 200)
    key_file("changing.json", issuer.key_set(e2=issuer.FOREIGN["ES256"]))
    equal(matrix(front, token("ES256", key=issuer.FOREIGN["ES256"], kid="e2")).status, 200)
    refused(matrix(front, token("ES256")))
