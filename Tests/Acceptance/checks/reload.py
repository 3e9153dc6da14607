"""Files that change while the gateway runs: what is right counts, what is wrong changes nothing."""
import pathlib
import signal
import subprocess
import threading
import time

from context import Context, delivered
import own as files_of
from report import Group, equal, holds
from upstream import written

check = Group("reload")
TEXT = "An answer that goes on for a while, so that many a file may change before it has come to its end. " * 4


def own(context, name="own", **settings) -> files_of.Own:
    return files_of.own(context, f"reload {name}", **settings)


@check("a changed layer counts within two seconds, while four clients stream without an error")
def _(context):
    files = own(context)
    equal(files.act("paint_names", "studio"), "allow")
    ended, failures = [], []
    stop = threading.Event()

    def client():
        try:
            while not stop.is_set():
                stream = files.gateway.client("key-shop").chat.completions.create(
                    model="m", stream=True, messages=[{"role": "user", "content": "Hello."}],
                    extra_body={"script": written(text=TEXT, every=8, stall=[10, 0.2])})
                answer = delivered(stream)[0]
                holds(answer["content"] == TEXT and answer["finish"] == "stop", f"cut: {answer}")
                ended.append(1)
        except Exception as error:  # noqa: BLE001: whatever it is, it is told
            failures.append(repr(error))

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    waits = []
    try:
        for value, act in (("off", "refuse"), ("on", "allow"), ("off", "refuse")):
            files.layer("studio", paint_names=value)
            waits.append(files.becomes("paint_names", "studio", act, 2))
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    holds(not failures, "; ".join(failures))
    holds(len(ended) >= 8, f"{len(ended)} streams")
    equal(files.status("studio")["generation"], 4)
    return f"{len(ended)} streams, after {max(waits):.1f} s at most"


@check("an answer that began under one version ends under it")
def _(context):
    files = own(context, "midway")
    stream = files.gateway.client("key-studio").chat.completions.create(
        model="m", stream=True, messages=[{"role": "user", "content": "Tell me about vermilion."}],
        extra_body={"script": written(text="It is called vermilion. " * 20, every=12, stall=[3, 3])})
    chunks = iter(stream)
    next(chunks)
    files.layer("studio", paint_names="off")
    files.becomes("paint_names", "studio", "refuse")
    answer = delivered(chunks)[0]
    holds(answer["refusal"] == "" and answer["finish"] == "stop", f"{answer}")


@check("a broken layer keeps the last good one, is told by log, readiness and status, and comes back when it is mended")
def _(context):
    files = own(context, "broken")
    good = files.read("studio.yaml")
    files.write("studio.yaml", "layer: operator\nadjust: {paint_names: maybe}\n")
    context.within(3, lambda: files.state("studio", "studio.yaml") == "stale", "the state")
    equal(files.act("paint_names", "studio"), "allow")
    code, ready = files.ready()
    equal((code, ready["status"]), (200, "ready"))
    equal([(pathlib.PurePath(one["file"]).name, one["state"]) for one in ready["not_in_force"]], [("studio.yaml", "stale")])
    log = files.gateway.written()
    holds("studio.yaml:2:" in log and "layer.unknown-value" in log, log[-600:])
    equal((files.status("studio")["in_force"], files.status("shop")["in_force"]), (False, True))
    files.write("studio.yaml", good)
    context.within(3, lambda: files.status("studio")["in_force"], "mended")
    equal(files.ready()[1]["not_in_force"], [])
    equal(files.status("studio")["generation"], 1, "nothing else was ever in force")


@check("a file that is empty, gone or no file keeps what was in force, by a name of its own")
def _(context):
    files = own(context, "empty")
    for name, operator in (("studio.yaml", "studio"), ("small.md", "shop"), ("small.patterns.yaml", "shop")):
        good = files.read(name)
        path = files.folder / name
        for state, change in (("empty", lambda: files.write(name, " \n")), ("absent", path.unlink), ("unreadable", path.mkdir)):
            change()
            context.within(3, lambda: files.state(operator, name) == state, f"{name} {state}")
            equal(files.act("paint_names", "studio"), "allow", f"{name} {state}")
            equal(files.act("launch_codes", "studio"), "refuse", f"{name} {state}")
            equal(files.act("stock_tips", "shop"), "guide", f"{name} {state}")
            equal(files.ready()[0], 200)
        path.rmdir()
        files.write(name, good)
        context.within(3, lambda: files.status(operator)["in_force"], f"{name} restored")


@check("what is wrong with one operator's layer keeps nobody else's from counting")
def _(context):
    files = own(context, "apart")
    files.write("shop.yaml", "layer: operator\nadjust: {no_such: on}\n")
    context.within(3, lambda: files.state("shop", "shop.yaml") == "stale", "the state")
    files.layer("studio", paint_names="off")
    files.becomes("paint_names", "studio", "refuse")
    equal(files.status("studio")["in_force"], True)
    holds(files.status("studio")["generation"] > 1, "no new generation")


@check("the key of an operator that is taken out is nobody's, a new operator's counts, and settings that are wrong change nothing")
def _(context):
    files = own(context, "keys")
    shop, studio = files.settings["operators"]
    files.gateway.write(files.settings | {"operators": [shop, {"name": "new", "layer": files.path("studio.yaml"), "key": "key-new"}]})
    files.becomes("paint_names", "studio", "401")
    files.becomes("paint_names", "new", "allow", 1)
    equal(files.act("stock_tips", "shop"), "guide")
    for broken in (files.settings | {"upstream": {}}, files.settings | {"operators": []}, files.settings | {"decisions": "many"}):
        files.gateway.write(broken)
        context.within(3, lambda: files.state("shop", "charter.yaml") == "stale", f"{broken}")
        equal((files.act("paint_names", "new"), files.act("paint_names", "studio")), ("allow", "401"))
        equal(files.gateway.chat({"model": "m", "messages": []}, "key-nobody").status, 401)
    files.gateway.write(files.settings)
    files.becomes("paint_names", "studio", "allow")
    equal(files.act("paint_names", "new"), "401")


@check("an operator that is new and wrong lets nothing pass, and says that it is not ready")
def _(context):
    files = own(context, "new")
    files.write("new.yaml", "layer: operator\nadjust: {no_such: on}\n")
    new = {"name": "new", "layer": files.path("new.yaml"), "key": "key-new"}
    files.gateway.write(files.settings | {"operators": files.settings["operators"] + [new]})
    files.becomes("paint_names", "new", "503")
    equal(files.ready()[0], 503)
    equal(files.act("paint_names", "studio"), "allow")
    files.layer("new", paint_names="on")
    files.becomes("paint_names", "new", "allow")
    equal(files.ready()[0], 200)


@check("past `max_age` the most cautious values are in force for that operator, and the gateway is not ready")
def _(context):
    files = own(context, "age", max_age=2)
    good = files.read("studio.yaml")
    equal(files.act("coarse_words", "studio"), "allow")
    files.write("studio.yaml", "")
    context.within(3, lambda: files.state("studio", "studio.yaml") == "empty", "the state")
    equal(files.act("paint_names", "studio"), "allow")
    files.becomes("paint_names", "studio", "refuse", 4)
    equal([files.act(name, "studio") for name in ("coarse_words", "stock_tips", "launch_codes")], ["refuse", "guide", "refuse"])
    equal(files.act("coarse_words", "shop"), "allow", "another operator's")
    code, ready = files.ready()
    equal((code, ready["status"]), (503, "cautious"))
    status = files.status("studio")
    equal((status["cautious"], status["in_force"], status["policy"]), (True, False, None))
    equal(files.status("shop")["cautious"], False)
    equal(files.gateway.request("GET", "/healthz").status, 200)
    matrix = files.gateway.request("GET", "/charter/v1/matrix", key="key-studio", headers={"Charter-Channel": "nowhere"})
    equal(matrix.status, 200)
    holds("the most cautious values" in files.gateway.written(), "the log")
    files.write("studio.yaml", good)
    files.becomes("paint_names", "studio", "allow")
    equal(files.ready()[0], 200)


@check("a charter that changes counts for all at once, and one that does not fit a layer keeps the old one for that operator")
def _(context):
    files = own(context, "charter")
    before = files.status("shop")["policy"]
    text = files.read("small.md")
    files.write("small.md", text.replace("authority=operator default=off otherwise=guide", "authority=operator default=on cautious=off otherwise=guide"))
    files.becomes("stock_tips", "shop", "allow")
    holds(files.status("shop")["policy"] != before, "the digest")
    files.write("small.md", text.replace("{#wine_list ", "{#wines ").replace("otherwise=guide", "otherwise=refuse"))
    patterns = files.read("small.patterns.yaml")
    files.write("small.patterns.yaml", patterns.replace("wine_list", "wines"))
    files.becomes("stock_tips", "shop", "refuse")
    context.within(3, lambda: files.state("studio", "small.md") == "stale", "the charter of studio")
    equal(files.act("paint_names", "studio"), "allow")


@check("what a user has set holds under the charter that is in force, and under the most cautious values")
def _(context):
    store = {"path": "charter.sqlite", "secret": "s" * 32}
    files = own(context, "users", max_age=1, store=store)
    layer = b"layer: user\nname: u7\nadjust: {coarse_words: on}\n"
    equal(files.gateway.request("PUT", "/charter/v1/users/u7/layer", layer, key="key-shop").status, 200)

    made = subprocess.run([str(context.binary), "keys", "create", "--config", str(files.gateway.config), "--operator", "shop"],
                          capture_output=True, text=True, timeout=20)
    key = made.stdout.strip()
    holds(key, made.stderr)

    def setting(name: str) -> str:
        matrix = files.gateway.request("GET", "/charter/v1/matrix", key="key-shop", headers={"Charter-User": "u7"})
        equal(matrix.status, 200, matrix.body.decode())
        return matrix.json["behaviors"][name]["setting"]
    equal(setting("coarse_words"), "on")
    text = files.read("small.md")
    changed = text.replace("{#coarse_words authority=user", "{#coarse_words authority=operator")
    files.write("small.md", changed)
    context.within(3, lambda: setting("coarse_words") == "off", "the new charter takes it away")
    files.write("small.md", text)
    context.within(3, lambda: setting("coarse_words") == "on", "the old charter gives it back")
    equal(files.gateway.request("GET", "/charter/v1/status", key=key).json["generation"], 3, "by a key of the store")
    files.write("small.md", "")
    context.within(5, lambda: setting("coarse_words") == "off", "the most cautious values")
    files.write("small.md", text)
    context.within(3, lambda: setting("coarse_words") == "on", "mended")


@check("the model's server may change, and no answer that comes from the old one is cut")
def _(context):
    files = own(context, "upstream")
    stream = files.gateway.client("key-shop").chat.completions.create(
        model="m", stream=True, messages=[{"role": "user", "content": "Hello."}],
        extra_body={"script": written(text=TEXT, every=8, stall=[5, 3])})
    chunks = iter(stream)
    next(chunks)
    files.gateway.write(files.settings | {"upstream": {"url": "http://127.0.0.1:9/v1"}})
    files.becomes("paint_names", "studio", "502")
    equal(delivered(chunks)[0]["finish"], "stop")
    files.gateway.write(files.settings)
    files.becomes("paint_names", "studio", "allow")


@check("what cannot change while it runs is told, and stays")
def _(context: Context):
    files = own(context, "pinned")
    files.gateway.write(files.settings | {"decisions": 7, "operators": files.settings["operators"][:1]})
    files.becomes("paint_names", "studio", "401")
    holds("`decisions` cannot change while the gateway runs" in files.gateway.written(), files.gateway.written())


@check("SIGHUP has the files read, and ends nothing")
def _(context):
    files = own(context, "hangup")
    for _ in range(3):
        files.gateway.process.send_signal(signal.SIGHUP)
    time.sleep(1.5)
    equal(files.gateway.process.poll(), None)
    equal((files.act("paint_names", "studio"), files.status("studio")["generation"]), ("allow", 1))
