"""What changes while the load goes on: layers, settings and keys."""
import asyncio
import random
import signal
import time

from load import PATIENCE, Soak
from tenants import BROKEN, Key, Tenant
from wire import Connection

OVERLAP = 8.0


async def prepare(soak: Soak) -> None:
    """Makes the first keys, and learns which digest each version of a layer has."""
    for tenant in soak.tenants:
        await add_key(soak, tenant)
    for tenant in soak.tenants:
        for version in (*tenant.versions, tenant.versions[0]):
            soak.write(f"{tenant.name}.yaml", version.layer(tenant.name, tenant.mark))
            await settled(soak, tenant, lambda status: status["in_force"] and tenant.digests.get(status["policy"], version) == version)
            tenant.digests[(await status_of(soak, tenant))["policy"]] = version
        if len(tenant.digests) != len(tenant.versions):
            raise RuntimeError(f"{tenant.name}: {len(tenant.digests)} digests of {len(tenant.versions)} versions")
        tenant.allowed.append({tenant.versions[0]})


async def status_of(soak: Soak, tenant: Tenant) -> dict:
    connection = Connection(soak.gateway.port)
    try:
        return (await soak.call(connection, tenant, "GET", "/charter/v1/status")).json
    finally:
        connection.close()


async def settled(soak: Soak, tenant: Tenant, condition) -> None:
    until = time.monotonic() + PATIENCE
    while not condition(await status_of(soak, tenant)):
        if time.monotonic() > until:
            soak.finding("verdicts", f"{tenant.name}: a file that was written does not count within {PATIENCE:.0f} s")
            return
        await asyncio.sleep(0.1)


async def files(soak: Soak) -> None:
    """A file changes, is broken or empty, and comes back; every few seconds."""
    weight = 1
    while True:
        await asyncio.sleep(random.uniform(0.5, 3))
        tenant = random.choice(soak.tenants)
        name = f"{tenant.name}.yaml"
        (current,) = tenant.allowed[-1]
        match random.choices(["swap", "broken", "empty", "settings", "hangup"], [60, 12, 8, 10, 10])[0]:
            case "swap":
                (other,) = set(tenant.versions) - {current}
                (digest,) = [digest for digest, version in tenant.digests.items() if version == other]
                tenant.allowed.append({current, other})
                soak.write(name, other.layer(tenant.name, tenant.mark))
                await settled(soak, tenant, lambda status: status["policy"] == digest)
                tenant.allowed.append({other})
                soak.done["layers swapped"] += 1
            case ("broken" | "empty") as kind:
                soak.write(name, BROKEN.format(name=tenant.name, mark=tenant.mark) if kind == "broken" else "\n")
                await settled(soak, tenant, lambda status: not status["in_force"])
                await asyncio.sleep(random.uniform(0, 1))
                soak.write(name, current.layer(tenant.name, tenant.mark))
                await settled(soak, tenant, lambda status: status["in_force"])
                soak.done[f"layers that were {kind} for a while"] += 1
            case "settings":
                weight = 4 - weight
                soak.gateway.write(soak.settings(weight))
                soak.done["settings changed"] += 1
            case "hangup":
                soak.gateway.process.send_signal(signal.SIGHUP)
                soak.done["SIGHUP"] += 1


async def add_key(soak: Soak, tenant: Tenant) -> None:
    key = await soak.keys("create", "--operator", tenant.name)
    if not await soak.eventually(tenant, key, 200):
        soak.finding("verdicts", f"a new key of {tenant.name}'s does not count")
    tenant.keys.append(Key(key))
    soak.done["keys made"] += 1


async def end_key(soak: Soak, tenant: Tenant, key: Key, how: str) -> None:
    if not await soak.eventually(tenant, key.value, 401):
        soak.finding("verdicts", f"a key of {tenant.name}'s that was {how} still counts")
    tenant.keys.remove(key)
    soak.dead.append(key.value)
    soak.done[f"keys {how}"] += 1


async def rotate(soak: Soak, tenant: Tenant) -> None:
    """The old key and the new one count side by side, and then the new one alone."""
    old = random.choice(tenant.keys)
    began = time.monotonic()
    new = await soak.keys("rotate", old.value.split("_")[1], "--overlap", f"{OVERLAP:.0f}s")
    ends = began + OVERLAP
    if not await soak.eventually(tenant, new, 200):
        soak.finding("verdicts", f"a new key of {tenant.name}'s does not count")
    tenant.keys.append(Key(new))
    # Until shortly before its end the old one is used like any other.
    await asyncio.sleep(max(0, ends - 2 - time.monotonic()))
    old.is_sound = False
    await asyncio.sleep(max(0, ends - time.monotonic()))
    await end_key(soak, tenant, old, "rotated")


async def revoke(soak: Soak, tenant: Tenant) -> None:
    await add_key(soak, tenant)
    key = tenant.keys[0]
    key.is_sound = False
    await asyncio.sleep(2)  # what was sent with it has arrived
    await soak.keys("revoke", key.value.split("_")[1])
    await end_key(soak, tenant, key, "revoked")


async def keys(soak: Soak) -> None:
    while True:
        await asyncio.sleep(random.uniform(1, 4))
        await random.choice([rotate, revoke])(soak, random.choice(soak.tenants))
