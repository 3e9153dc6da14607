"""docs/openapi.yaml says what the gateway answers: schemathesis makes thousands of requests of it, good and bad ones."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from context import HERE, ROOT
from report import Group, equal, holds

check = Group("interface")
FOLDER = tempfile.TemporaryDirectory(prefix="charter-interface.")


def gateway(context):
    policies = ROOT / "Tests/Vectors/authzen/policies"
    return context.other("interface", {
        "charter": str(policies / "records.md"), "upstream": {"url": context.upstream.url}, "public_url": "https://pdp.example.com",
        "store": {"path": str(pathlib.Path(FOLDER.name, "charter.sqlite")), "secret": "a secret of this check, of more than 32 bytes"},
        "operators": [{"name": "records", "layer": str(policies / "records.yaml"), "key": "key-records", "access": str(policies / "records.access.yaml")}]})


@check("what it serves as its description is docs/openapi.yaml")
def _(context):
    answer = gateway(context).request("GET", "/charter/v1/openapi.yaml")
    equal((answer.status, answer.headers["content-type"]), (200, "application/yaml"))
    equal(answer.body, (ROOT / "docs/openapi.yaml").read_bytes())


@check("each answer to requests made of its description, good and bad, is as described")
def _(context):
    server = gateway(context)
    answer = server.chat({"model": "scripted", "messages": [{"role": "user", "content": "Hello."}]}, "key-records")
    # The paths of OpenAI's API are a model's server's to describe; metrics are at another address.
    command = [str(pathlib.Path(sys.executable).parent / "st"), "--config-file", str(HERE / "charter/schemathesis.toml"), "run",
               str(ROOT / "docs/openapi.yaml"), "--url", server.url, "--header", "Authorization: Bearer key-records",
               "--exclude-path-regex", "^/(v1|metrics)", "--checks", "all", "--max-examples", "100", "--continue-on-failure",
               "--seed", "1", "--generation-database", "none"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=FOLDER.name,
                           env=os.environ | {"CHARTER_DECISION": answer.headers["charter-decision"]})
    holds(ended.returncode == 0, ended.stdout[ended.stdout.find("FAILURES"):] + ended.stderr)
    count = re.search(r"(\d+) generated", ended.stdout)
    holds(count and int(count[1]) > 1000, f"few requests: {ended.stdout[-500:]}")
    return f"{count[1]} requests"


@check("a method that a path does not have is a 405 that lists those it has")
def _(context):
    server = gateway(context)
    for method, path, allowed in (("DELETE", "/charter/v1/matrix", "GET, HEAD"), ("GET", "/v1/chat/completions", "POST"),
                                  ("POST", "/charter/v1/users/u/layer", "DELETE, GET, HEAD, PUT"), ("PROPFIND", "/healthz", "GET, HEAD")):
        answer = server.request(method, path, key="key-records")
        equal((answer.status, answer.headers.get("allow"), answer.error["code"]), (405, allowed, "method_not_allowed"), f"{method} {path}")
    equal(server.request("GET", "/nowhere").status, 404)
    equal(server.request("GET", "/charter/v1/users/u/v/layer", key="key-records").status, 404)
    head = server.request("HEAD", "/healthz")
    equal((head.status, head.body), (200, b""))


@check("a body that is not said to be JSON is a 415")
def _(context):
    server = gateway(context)
    for kind, status in (("text/plain", 415), ("application/jsonp", 415), ("application/json", 200), ("Application/JSON; charset=utf-8", 200)):
        for path in ("/charter/v1/decide", "/charter/v1/explain"):
            equal(server.request("POST", path, b"{}", {"Content-Type": kind}, "key-records").status, status, f"{kind} {path}")


@check("what an operator inherits is what `charter inherit` says")
def _(context):
    folder = HERE / "charter"
    for name in ("shop", "studio"):
        answer = context.plain.request("GET", "/charter/v1/inherit", key=f"key-{name}")
        said = subprocess.run([str(context.binary), "inherit", "--format", "json", "--charter", str(folder / "small.md"),
                               str(folder / f"{name}.yaml")], capture_output=True, text=True, timeout=30)
        equal(answer.status, 200)
        equal(answer.json, json.loads(said.stdout))
    equal(context.plain.request("GET", "/charter/v1/inherit", key="key of nobody").status, 401)
