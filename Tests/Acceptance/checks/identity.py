"""Keys of a store, and what users have set: who is asking, and what is theirs."""
import json
import pathlib
import sqlite3
import subprocess
import tempfile
import time

from context import HERE, Gateway
from report import Group, equal, holds

check = Group("identity")
SECRET = "a secret of the store that has more than thirty-two bytes"
FOLDER = tempfile.TemporaryDirectory(prefix="charter-store.")
STORE = pathlib.Path(FOLDER.name, "charter.sqlite")
CONFIG = pathlib.Path(FOLDER.name, "charter.yaml")
LOUD, QUIET = "coarse_words: on", "coarse_words: off"


def settings(context):
    folder = HERE / "charter"
    found = {"charter": str(folder / "small.md"), "upstream": {"url": context.upstream.url}, "store": {"path": str(STORE), "secret": SECRET},
             "operators": [{"name": "shop", "layer": str(folder / "shop.yaml")}, {"name": "studio", "layer": str(folder / "studio.yaml"), "key": "key-studio"}]}
    CONFIG.write_text(json.dumps(found))
    return found


def gateway(context):
    return context.other("identity", settings(context))


def keys(context, *arguments, code=0):
    settings(context)
    ended = subprocess.run([str(context.binary), "keys", *arguments, "--config", str(CONFIG)], capture_output=True, text=True, timeout=30)
    equal(ended.returncode, code, ended.stderr)
    return ended


def listed(context):
    return {one["id"]: one for one in json.loads(keys(context, "list", "--format", "json").stdout)}


def chat(server, key, model="scripted", user=None, text="Hello."):
    headers = {"Charter-User": user} if user else {}
    return server.chat({"model": model, "messages": [{"role": "user", "content": text}]}, key, headers)


def identifier(key):
    return key.split("_")[1]


@check("a key is shown once, works within a second, and is stored as a hash alone")
def _(context):
    server = gateway(context)
    made = keys(context, "create", "--operator", "shop", "--note", "the shop's own").stdout.strip()
    context.within(5, lambda: chat(server, made).status == 200, "a new key does not count")
    stored = STORE.read_bytes() + pathlib.Path(f"{STORE}-wal").read_bytes()
    secret = made.split("_")[2]
    holds(secret.encode() not in stored and bytes.fromhex(secret) not in stored, "the secret is in the file")
    equal(STORE.stat().st_mode & 0o777, 0o600)
    one = listed(context)[identifier(made)]
    equal((one["operator"], one["state"], one["note"]), ("shop", "active", "the shop's own"))
    holds(secret not in keys(context, "list").stdout, "the list shows the secret")
    equal(chat(server, "key-studio").status, 200, "the settings' own keys count, too")


@check("what is no key is a 401, whatever it looks like")
def _(context):
    server = gateway(context)
    made = keys(context, "create", "--operator", "shop").stdout.strip()
    context.within(5, lambda: chat(server, made).status == 200, "a new key does not count")
    _, name, secret = made.split("_")
    other = "0" * 64
    for wrong in (f"charter_{name}_{other}", f"charter_{'0' * 16}_{secret}", f"charter_{name}_{secret[:-1]}", f"charter_{name}_{secret}0", f"charter_{name}",
                  f"charter_{name}_{secret.upper()}", f"{name}_{secret}", "charter__", "charter_" + "x" * 5000, secret, name, "' OR 1=1 --"):
        if wrong == made:
            continue
        equal(chat(server, wrong).status, 401, wrong[:80])


@check("a key ends when it is revoked, when it expires, and after the overlap of a rotation")
def _(context):
    server = gateway(context)
    old = keys(context, "create", "--operator", "shop").stdout.strip()
    new = keys(context, "rotate", identifier(old), "--overlap", "3s").stdout.strip()
    context.within(5, lambda: chat(server, new).status == 200, "the new key does not count")
    context.within(8, lambda: chat(server, old).status == 401, "the old key counts for ever")
    equal(chat(server, new).status, 200)
    keys(context, "revoke", identifier(new))
    context.within(5, lambda: chat(server, new).status == 401, "a revoked key counts")
    keys(context, "revoke", identifier(new), code=2)
    keys(context, "rotate", identifier(new), code=2)
    states = listed(context)
    equal((states[identifier(old)]["state"], states[identifier(new)]["state"]), ("expired", "revoked"))
    keys(context, "create", "--operator", "shop", "--expires", "2020-01-01T00:00:00Z", code=2)
    keys(context, "create", "--operator", "shopp", code=2)
    holds("`shop`" in keys(context, "create", "--operator", "shopp", code=2).stderr, "the nearest name")


@check("a key may be for some models alone")
def _(context):
    server = gateway(context)
    made = keys(context, "create", "--operator", "shop", "--model", "scripted", "--model", "other").stdout.strip()
    context.within(5, lambda: chat(server, made).status == 200, "a new key does not count")
    answer = chat(server, made, model="dear")
    equal((answer.status, answer.error["code"]), (403, "model_not_allowed"))
    equal(answer.headers.get("x-should-retry"), "false")


@check("what a user sets is theirs, at their operator, within the charter's bounds")
def _(context):
    server = gateway(context)
    key = keys(context, "create", "--operator", "shop").stdout.strip()
    context.within(5, lambda: chat(server, key).status == 200, "a new key does not count")

    def layer(method, user, body=None, key=key):
        return server.request(method, f"/charter/v1/users/{user}/layer", body.encode() if body else None, {"Content-Type": "application/yaml"} if body else {}, key)

    def setting(user, key=key, behavior="coarse_words"):
        answer = chat(server, key, user=user)
        equal(answer.status, 200)
        found = server.request("GET", f"/charter/v1/decisions/{answer.headers['charter-decision']}", key=key).json
        return found["behaviors"][behavior]["setting"]

    equal((setting("ann"), layer("GET", "ann").status), ("off", 404))
    put = layer("PUT", "ann", f"layer: user\nname: ann\nadjust: {{{LOUD}}}\n")
    equal((put.status, put.json), (200, {"warnings": []}), put.body)
    equal((setting("ann"), setting("bob"), setting("ann", "key-studio")), ("on", "off", "off"), "hers, at this operator")
    holds(b"layer: user" in layer("GET", "ann").body, "it comes back as it came")
    equal(layer("GET", "ann", key="key-studio").status, 404, "another operator sees it")
    put = layer("PUT", "ann", json.dumps({"layer": "user", "name": "ann", "adjust": {"launch_codes": "on", "coarse_words": "off"}}))
    equal((put.status, len(put.json["warnings"])), (200, 1), put.body)
    equal((setting("ann"), setting("ann", behavior="launch_codes")), ("off", "off"), "what nobody can move stays")
    for body in ("layer: operator\nname: x\nadjust: {coarse_words: on}\n", "adjust: [", "layer: user\nextends: [other]\n", "x" * 70_000):
        holds(layer("PUT", "ann", body).status in (400, 413), body[:60])
    equal(setting("ann"), "off", "a layer that is none changes nothing")
    equal((layer("DELETE", "ann").status, layer("DELETE", "ann").status, setting("ann")), (204, 404, "off"))
    equal(layer("PUT", "a%2Fb%20c", f"layer: user\nname: x\nadjust: {{{LOUD}}}\n").status, 200)
    equal((setting("a/b c"), layer("GET", "a%2Fb%20c").status), ("on", 200))
    equal(layer("PUT", "ann", f"layer: user\nadjust: {{{LOUD}}}\n", key=None).status, 401)
    stored = STORE.read_bytes() + pathlib.Path(f"{STORE}-wal").read_bytes()
    holds(b"a/b c" not in stored, "a user's id is in the file")


@check("a gateway that starts again knows its keys and its users; another secret knows none")
def _(context):
    gateway(context)
    key = keys(context, "create", "--operator", "shop").stdout.strip()
    again = Gateway(context.binary, settings(context))
    equal(chat(again, key, user="a/b c").status, 200)
    again.stop()
    other = Gateway(context.binary, settings(context) | {"store": {"path": str(STORE), "secret": SECRET[::-1]}})
    equal(chat(other, key).status, 401)
    other.stop()


@check("a store that cannot be opened keeps the gateway from starting, and good keys count while one cannot be read")
def _(context):
    path = pathlib.Path(FOLDER.name, "broken.sqlite")
    path.write_bytes(b"this is no database" * 100)
    config = pathlib.Path(FOLDER.name, "broken.yaml")
    config.write_text(json.dumps(settings(context) | {"store": {"path": str(path), "secret": SECRET}}))
    ended = subprocess.run([str(context.binary), "serve", "--config", str(config)], capture_output=True, text=True, timeout=30)
    equal(ended.returncode, 3, ended.stderr)
    holds("store" in ended.stderr and SECRET not in ended.stderr, ended.stderr)
    server = gateway(context)
    key = keys(context, "create", "--operator", "shop").stdout.strip()
    context.within(5, lambda: chat(server, key).status == 200, "a new key does not count")
    with sqlite3.connect(STORE) as database:
        database.execute("ALTER TABLE keys RENAME TO gone")
    try:
        time.sleep(1.2)
        equal(chat(server, key).status, 200, "the last good keys count for a minute")
    finally:
        with sqlite3.connect(STORE) as database:
            database.execute("ALTER TABLE gone RENAME TO keys")
