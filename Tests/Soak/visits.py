"""What is asked of the gateway besides calls of a model."""
import asyncio
import json
import random

import calls
from load import Soak
from wire import Connection

BEHAVIORS = {"codes": "launch_codes", "paint": "paint_names", "stock": "stock_tips", "coarse": "coarse_words"}


async def set_layer(soak: Soak, worker: int, connection: Connection) -> None:
    """A user sets something, or takes it back; their next request is held to it."""
    tenant = random.choice(soak.tenants)
    user = random.choice([f"user-{worker}", f"{tenant.mark}-user-{worker}"])
    path, before = f"/charter/v1/users/{user}/layer", tenant.coarse.get(user)
    if random.random() < 0.3:
        answer = await soak.call(connection, tenant, "DELETE", path)
        tenant.coarse[user] = None
        expected = 204 if before else 404
    else:
        value = random.choice(["on", "off"])
        layer = f"layer: user\nname: {tenant.mark}\nadjust: {{coarse_words: {value}}}\n".encode()
        # The same user asks something on another device meanwhile, so that what was set before is being read.
        other = Connection(soak.gateway.port)
        ask = {"user": {"id": user}, "demands": []}
        answer, _ = await asyncio.gather(
            soak.call(connection, tenant, "PUT", path, layer, {"Content-Type": "application/yaml"}),
            soak.call(other, tenant, "POST", "/charter/v1/decide", json.dumps(ask).encode()))
        other.close()
        tenant.coarse[user], expected = value, 200
        if (await soak.call(connection, tenant, "GET", path)).body != layer:
            soak.finding("records", f"{path}: another layer than was put")
    soak.done["layers of users set or taken back"] += 1
    if answer.status != expected:
        soak.finding("records", f"{path}: {answer.status} in place of {expected}: {answer.body[:200]}")
    if tenant.mark in user:
        other = random.choice([other for other in soak.tenants if other is not tenant])
        if (await soak.call(connection, other, "GET", path)).status != 404:
            soak.finding("leaks", f"{other.name} sees what a user of {tenant.name}'s has set")


async def decide(soak: Soak, worker: int, connection: Connection) -> None:
    """A decision that is asked for by itself."""
    tenant = random.choice(soak.tenants)
    case = calls.new_case(worker, tenant, random.choice(list(BEHAVIORS)))
    since = len(tenant.allowed) - 1
    ask = {"user": {"id": case.user or "nobody"}, "demands": [{"behavior": BEHAVIORS[case.ask], "explicit": True, "from": "user"}]}
    answer = await soak.call(connection, tenant, "POST", "/charter/v1/decide", json.dumps(ask).encode())
    soak.done["decisions asked for by themselves"] += 1
    acts = {case.act(version) for version in tenant.may_decide(since)}
    if answer.status != 200 or answer.json["verdict"]["act"] not in acts:
        soak.finding("verdicts", f"{tenant.name} /charter/v1/decide {case.ask}: {answer.status} {answer.body[:200]}, and not {acts}")


async def evaluate(soak: Soak, worker: int, connection: Connection) -> None:
    """Another program asks by AuthZEN."""
    tenant, what = random.choice(soak.tenants), random.choice(["paint", "stock"])
    since = len(tenant.allowed) - 1
    question = {"subject": {"type": "user", "id": f"{tenant.mark}-user-{worker}"}, "action": {"name": "buy"}, "resource": {"type": what, "id": "1"}}
    answer = await soak.call(connection, tenant, "POST", "/access/v1/evaluation", json.dumps(question).encode())
    soak.done["evaluations by AuthZEN"] += 1
    expected = {getattr(version, what) for version in tenant.may_decide(since)}
    if answer.status != 200 or answer.json.get("decision") not in expected:
        soak.finding("verdicts", f"{tenant.name} /access/v1/evaluation {what}: {answer.status} {answer.body[:200]}, and not {expected}")


async def look(soak: Soak, worker: int, connection: Connection) -> None:
    """A tenant's own pages; that nobody else's words are on them is held of every answer."""
    tenant, page = random.choice(soak.tenants), random.choice(["status", "candidate", "adjustments", "matrix", "inherit"])
    answer = await soak.call(connection, tenant, "GET", f"/charter/v1/{page}")
    soak.done["pages of tenants"] += 1
    expected = 404 if page == "candidate" and not tenant.tries else 200
    if answer.status != expected:
        soak.finding("errors", f"{tenant.name} /charter/v1/{page}: {answer.status} {answer.body[:200]}")


async def knock(soak: Soak, worker: int, connection: Connection) -> None:
    """A key that has ended, or never was one."""
    tenant, key = random.choice(soak.tenants), random.choice(soak.dead + [f"charter_{'0' * 16}_{'1' * 64}"])
    call = calls.Call(calls.new_case(worker, tenant), "chat", False)
    with soak.arrivals.of(call.case.nonce) as arrived:
        answer = await soak.call(connection, tenant, "POST", call.path, calls.request(call, {}), key=key)
    soak.done["keys that are none"] += 1
    if answer.status != 401 or arrived:
        soak.finding("verdicts", f"a key that has ended: {answer.status}")
