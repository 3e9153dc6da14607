"""Calls of a model: what is asked, what goes wrong meanwhile, and what every answer is held to."""
import asyncio
import dataclasses
import json
import random
import secrets
import time

from load import DECISIONS, PATIENCE, UPSTREAMS, Soak
from tenants import ANSWERS, ASKS, BUDGETS, Case, Tenant, Version
from upstream import written
from wire import Answer, Connection, said

PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages",
         "embeddings": "/v1/embeddings", "count_tokens": "/v1/messages/count_tokens"}
SPOKEN = ["chat", "responses", "messages"]
# What goes wrong at the models' servers, how often in a hundred calls, and the statuses that it explains besides 200.
FAULTS = {"none": (80, ()), "slow": (6, ()), "one fails": (3, (503,)), "one resets": (3, (502,)), "one is silent": (0.3, (504,)),
          "both fail": (1.5, (500, 503)), "both reset": (1.5, (502,)), "cut": (3, (502,)), "garbage": (2, (502,))}


@dataclasses.dataclass
class Call:
    case: Case
    protocol: str
    streamed: bool
    fault: str = "none"
    # Where the versions that may decide it begin.
    since: int = 0

    @property
    def tenant(self) -> Tenant:
        return self.case.tenant

    @property
    def path(self) -> str:
        return PATHS[self.protocol]

    @property
    def is_spoken(self) -> bool:
        """Whether a model speaks; of what has numbers for an answer nothing is refused."""
        return self.protocol in SPOKEN

    def breaks(self, act: str) -> bool:
        """Whether the answer is none, or ends in its middle."""
        return act != "refuse" and self.fault in ("cut", "garbage")

    def __str__(self) -> str:
        case = self.case
        return (f"{self.tenant.name} {self.protocol} {'streamed' if self.streamed else 'whole'} {case.ask}/{case.answer}, "
                f"the user has set {case.set}, fault {self.fault}")


def new_case(worker: int, tenant: Tenant, ask: str | None = None, answer: str | None = None) -> Case:
    user = random.choice([None, f"user-{worker}", f"{tenant.mark}-user-{worker}"])
    return Case(tenant, secrets.token_hex(8), ask or random.choice(list(ASKS)), answer or random.choice(list(ANSWERS)),
                random.choice([17, 19, 34]), user, tenant.coarse.get(user) if user else None)


def request(call: Call, script: dict) -> bytes:
    case = call.case
    script = {"nonce": case.nonce, "tenant": case.tenant.name, "text": case.text, "every": random.choice([1, 3, 7, 20])} | script
    body = {"model": "scripted", "script": written(**script)}
    messages = [{"role": "user", "content": case.question}]
    match call.protocol:
        case "embeddings":
            body |= {"input": case.question}
        case "responses":
            body |= {"input": case.question, "stream": call.streamed}
        case "count_tokens":
            body |= {"messages": messages}
        case _:
            body |= {"messages": messages, "stream": call.streamed, "max_tokens": 200}
    return json.dumps(body).encode()


def fields(case: Case) -> dict:
    found = {"Charter-Claims": json.dumps({"age": case.age})}
    return found | ({"Charter-User": case.user} if case.user else {})


def script_of(fault: str, streamed: bool) -> dict:
    one = random.choice(UPSTREAMS)
    match fault:
        case "slow":
            return {"late": random.uniform(0.05, 0.4)}
        case "one fails":
            return {"at": {one: {"status": 503}}}
        case "one resets":
            return {"at": {one: {"reset": True}}}
        case "one is silent":
            return {"at": {one: {"late": 7}}}
        case "both fail":
            return {"status": random.choice([500, 503])}
        case "both reset":
            return {"reset": True}
        case "cut":
            return {"cut": random.randint(5, 12), "every": 7} if streamed else {"cut": random.randint(1, 60)}
        case "garbage" if streamed:
            return {"raw": "data: {no json\n\n", "type": "text/event-stream"}
        case "garbage":
            return {"raw": "{no json", "type": "application/json"}
    return {}


async def ask(soak: Soak, worker: int, connection: Connection) -> None:
    tenant = random.choices(soak.tenants, [45, 45, 15])[0]
    protocol = random.choices(list(PATHS), [40, 20, 20, 5, 5])[0]
    call = Call(new_case(worker, tenant), protocol, protocol in SPOKEN and random.random() < 0.6)
    if call.is_spoken:
        call.fault = random.choices(list(FAULTS), [often for often, _ in FAULTS.values()])[0]
    if call.fault in ("cut", "garbage"):
        call.case.answer = "plain"  # an answer that is stopped may end before it is cut
    call.since, key = len(tenant.allowed) - 1, tenant.key
    sent = request(call, script_of(call.fault, call.streamed))
    with soak.arrivals.of(call.case.nonce) as arrived:
        answer = await soak.call(connection, tenant, "POST", call.path, sent, fields(call.case), key)
    soak.done[f"{protocol}{', streamed' if call.streamed else ''}"] += 1
    if call.fault != "none":
        soak.done[f"fault: {call.fault}"] += 1
    await judge(soak, connection, call, answer, sent, arrived[-1] if arrived else None)


async def judge(soak: Soak, connection: Connection, call: Call, answer: Answer, sent: bytes, arrived: bytes | None) -> None:
    case, tenant = call.case, call.tenant
    decision = answer.headers.get("charter-decision")
    if not decision:
        soak.finding("records", f"{call}: {answer.status} without a decision: {answer.body[:200]}")
        return
    version = decided_by(soak, call, answer)
    if version is None:
        return
    if answer.status == 429:
        # Turned away before anything was done with it, so that no decision is kept.
        soak.log.expect(decision, operator=tenant.name, status=429, error="rate_limit_exceeded")
        tenant.limited += 1
        if "requests_per_minute" not in BUDGETS[tenant.name] or int(answer.headers.get("retry-after", 0)) < 1 or arrived:
            soak.finding("verdicts", f"{call}: a 429 that nobody has to expect: {answer.body[:200]}")
        return
    tenant.admitted += 1
    act = case.act(version) if call.is_spoken else "allow"
    fails = call.breaks(act) or answer.status != 200
    stopped = case.stopped(version) if call.is_spoken and not fails else None
    soak.log.expect(decision, operator=tenant.name, act=act, status=answer.status, stopped=[stopped] if stopped else [])
    soak.done[f"verdict: {act}"] += 1
    soak.done["verdict: stopped"] += bool(stopped)
    if answer.status != 200 and (act == "refuse" or answer.status not in FAULTS[call.fault][1]):
        soak.finding("errors", f"{call}: {answer.status} {answer.body[:200]}")
    soak.done["answers of 5xx"] += answer.status >= 500
    check_arrival(soak, call, version if call.is_spoken else None, answer, sent, arrived)
    if answer.status == 200 and call.is_spoken:
        check_text(soak, call, version, answer)
    if random.random() < 0.15:
        await read_back(soak, connection, call, decision, act, stopped, None if fails or not call.is_spoken else case.flips(version))


def decided_by(soak: Soak, call: Call, answer: Answer) -> Version | None:
    """The version of the tenant's layer that has decided; nil where it is none that may."""
    digest = answer.headers.get("charter-policy", "")
    version = call.tenant.digests.get(digest)
    if version is None:
        soak.finding("verdicts", f"{call}: decided by {digest or 'nobody knows what'}, which is no version of its layer")
    elif version not in call.tenant.may_decide(call.since):
        soak.finding("verdicts", f"{call}: decided by a version that was not in force")
        return None
    return version


def check_arrival(soak: Soak, call: Call, version: Version | None, answer: Answer, sent: bytes, arrived: bytes | None) -> None:
    """The model is asked what the client has written, to the byte, and told the rules where it is to be guided."""
    case = call.case
    told = case.guided(version) if version else None
    if version and case.act(version) == "refuse":
        if arrived is not None:
            soak.finding("verdicts", f"{call}: refused, and the model was asked")
    elif arrived is None:
        if answer.status == 200:
            soak.finding("verdicts", f"{call}: answered, and the model was not asked")
    elif told is None:
        if arrived != sent:
            soak.finding("verdicts", f"{call}: the model was asked something else: {arrived[:300]}")
    elif told.encode() not in arrived or case.question.encode() not in arrived:
        soak.finding("verdicts", f"{call}: not guided: {arrived[:300]}")


def check_text(soak: Soak, call: Call, version: Version, answer: Answer) -> None:
    """Exactly what may arrive has arrived."""
    try:
        found = said(call.protocol, call.streamed, answer.body)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        soak.finding("verdicts", f"{call}: no answer of the protocol: {error!r} {answer.body[:300]}")
        return
    expected = call.case.delivered(version)
    if call.breaks(call.case.act(version)):
        if not expected.startswith(found.text) or found.text == expected or not found.error:
            soak.finding("verdicts", f"{call}: a broken stream ends with {found}")
        return
    refuses = call.case.act(version) == "refuse" or call.case.stopped(version) is not None
    if found.text != expected or bool(found.refusal) != refuses or found.error or not found.ended or not answer.whole:
        soak.finding("verdicts", f"{call}: {found}, whole {answer.whole}, and not {expected!r}")


async def read_back(soak: Soak, connection: Connection, call: Call, decision: str, act: str, stopped: str | None,
                    flips: bool | None) -> None:
    """The record says what was done, to its own tenant and to nobody else."""
    tenant, stops = call.tenant, [stopped] if stopped else []
    await asyncio.sleep(random.uniform(0, 0.3))
    path, before = f"/charter/v1/decisions/{decision}", soak.done["requests"]
    for attempt in range(20):  # how an answer ended is kept when its last byte is out
        answer = await soak.call(connection, tenant, "GET", path)
        soak.done["decisions that were not up to date at once"] += attempt == 1
        if answer.status != 200 or answer.json["answer"]["stopped"] == stops:
            break
        await asyncio.sleep(0.1)
    soak.done["decisions read back"] += 1
    if answer.status != 200:
        if soak.done["requests"] - before < DECISIONS / 2:
            soak.finding("records", f"{call}: its decision is a {answer.status}")
        return
    record = answer.json
    told = (record["id"], record["operator"], record["verdict"]["act"], record["done"], record["answer"]["stopped"])
    if told != (decision, tenant.name, act, act, stops):
        soak.finding("records", f"{call}: the decision says {told}")
    if flips is not None and (record["flip"] is not None) != flips:
        soak.finding("records", f"{call}: its flip is {record['flip']}")
    other = random.choice([other for other in soak.tenants if other is not tenant])
    if (await soak.call(connection, other, "GET", path)).status != 404:
        soak.finding("leaks", f"{other.name} reads a decision of {tenant.name}'s")


async def vanish(soak: Soak, worker: int, _: Connection) -> None:
    """A client goes away: in its request, before the answer's head, or in the middle of a stream."""
    tenant = random.choice([tenant for tenant in soak.tenants if "requests_per_minute" not in BUDGETS[tenant.name]])
    where = random.choice(["before the head", "in mid-stream", "in mid-stream", "in the request"])
    call = Call(new_case(worker, tenant, "harmless", "plain"), random.choice(SPOKEN), where == "in mid-stream" or random.random() < 0.5)
    call.since = len(tenant.allowed) - 1
    body = request(call, {"stall": [12, 5], "every": 7} if where == "in mid-stream" else {"late": 5})
    head = {"Authorization": f"Bearer {tenant.key}"} | fields(call.case)
    connection, answer = Connection(soak.gateway.port), None
    try:
        with soak.arrivals.of(call.case.nonce) as arrived:
            if where == "in the request":
                await connection.request("POST", call.path, head | {"Content-Length": str(len(body))}, body[:len(body) // 2], says_length=False)
                await asyncio.sleep(0.2)
            else:
                await connection.request("POST", call.path, head, body)
            if where == "before the head":
                until = time.monotonic() + PATIENCE
                while not arrived and time.monotonic() < until:
                    await asyncio.sleep(0.01)
            if where == "in mid-stream":
                answer = await connection.head()
                await connection.body(answer, up_to=1)
                soak.received(tenant, call.path, answer)
            else:
                soak.unknown[tenant.name] += 1
    finally:
        connection.close(reset=random.random() < 0.5)
    soak.done[f"clients that vanished {where}"] += 1
    if answer is None:
        return
    if answer.status != 200 or decided_by(soak, call, answer) is None:
        soak.finding("errors", f"{call}, left in mid-stream: {answer.status} {answer.body[:200]}")
        return
    decision = answer.headers["charter-decision"]
    soak.log.expect(decision, operator=tenant.name, act="allow", status=200)
    await read_back(soak, connection, call, decision, "allow", None, None)
    connection.close()
