#!/usr/bin/env python3
"""A long mixed load on the gateway with everything going wrong around it, and what it keeps of its promises.

    .venv-test/bin/python Tests/Soak/soak.py --seconds 600

Three tenants ask in every protocol, while models' servers fail, layers and settings change, keys rotate and clients
vanish. Every answer is held to what the version of the layer that decided it makes of the request. Exit status: 0
every promise was kept, 1 one was not.
"""
import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import random
import resource
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent / "Acceptance")]

import calls  # noqa: E402
import change  # noqa: E402
import visits  # noqa: E402
from load import DECISIONS, Soak  # noqa: E402
from measures import growth, sample  # noqa: E402
from tenants import A_MINUTE  # noqa: E402
from wire import Connection, Gone  # noqa: E402

WARM_UP = 0.2
# Memory may rise by so much from the end of the warm-up on: allocators do not give back to the byte.
GROWTH_MB = 5.0
# Shorter than this, all there is to see is the warm-up.
SHORTEST = 240.0
SHORT_GROWTH_MB = 60.0
# A decision that is kept takes less than this; what of their store is still empty after the warm-up may fill.
DECISION_MB = 0.006

# What a client does next, and how often in a hundred.
DOES = {calls.ask: 80, calls.vanish: 4, visits.set_layer: 4, visits.decide: 4, visits.evaluate: 3, visits.look: 3, visits.knock: 2}


async def run(soak: Soak) -> dict:
    await change.prepare(soak)
    soak.began, soak.before = time.monotonic(), soak.done["requests"]
    soak.ends = soak.began + soak.seconds
    tasks = [asyncio.create_task(task) for task in (
        *(work(soak, worker) for worker in range(soak.connections)), soak.watch(), change.files(soak), change.keys(soak),
        *([progress(soak)] if sys.stderr.isatty() else []))]
    soak.runs.set()
    await sleep(soak, soak.began + soak.seconds * WARM_UP, tasks)
    first = await rest(soak)
    first["decisions"] = soak.log.matched
    soak.runs.set()
    await sleep(soak, soak.ends, tasks)
    # Keys and files that are changing come to their end while the load ends.
    last = await rest(soak)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
    await agree(soak)
    soak.gateway.stop()
    if soak.gateway.process.returncode != 0:
        soak.finding("errors", f"the gateway ended with {soak.gateway.process.returncode}")
    return memory(soak, first, last)


async def work(soak: Soak, worker: int) -> None:
    """A client on a connection of its own."""
    connection = Connection(soak.gateway.port)
    while True:
        if not soak.runs.is_set():
            connection.close()
            await soak.runs.wait()
        (do,) = random.choices(list(DOES), list(DOES.values()))
        soak.busy += 1
        try:
            await do(soak, worker, connection)
        except (Gone, OSError) as error:
            soak.finding("errors", f"{do.__name__}: the gateway closed a connection: {error!r}")
            connection.close()
        except Exception as error:  # noqa: BLE001: a client that ends would look like a quiet gateway
            soak.finding("errors", f"{do.__name__}: {error!r}")
            connection.close()
        finally:
            soak.busy -= 1


async def sleep(soak: Soak, until: float, tasks: list) -> None:
    while time.monotonic() < until:
        await asyncio.sleep(0.2)
        for task in tasks:
            if task.done():
                raise RuntimeError(f"a part of the soak has ended: {task.exception()!r}")
        if soak.gateway.process.poll() is not None:
            raise RuntimeError(f"the gateway ended with {soak.gateway.process.returncode}: {soak.gateway.written()[-2000:]}")


async def metrics(soak: Soak) -> dict:
    return await asyncio.to_thread(soak.gateway.metrics)


async def rest(soak: Soak) -> dict:
    """Lets all requests end, and looks at what is left then."""
    soak.runs.clear()
    until = time.monotonic() + 30
    while True:
        found = await metrics(soak)
        going = {name: found[name, ()] for name in ("charter_requests_in_flight", "charter_requests_waiting")}
        # Keys and files ask on; they are two at most.
        if not soak.busy and going["charter_requests_in_flight"] <= 2 and not going["charter_requests_waiting"]:
            break
        if time.monotonic() > until:
            soak.finding("records", f"requests that never end: {soak.busy} of ours, {going}")
            break
        await asyncio.sleep(0.1)
    _, megabytes, threads, files = sample(soak.gateway.process.pid)
    return {"at": time.monotonic(), "mb": megabytes, "threads": threads, "files": files}


async def agree(soak: Soak) -> None:
    """Metrics and log say what was sent, neither more nor less."""
    until = time.monotonic() + 20
    while True:
        found = await metrics(soak)
        soak.log.read()
        if (not found["charter_requests_in_flight", ()] and not soak.log.expected) or time.monotonic() > until:
            break
        await asyncio.sleep(0.2)
    counted: dict = {}
    for (name, labels), value in found.items():
        if name == "charter_requests_total":
            labels = dict(labels)
            # A key that is none has no operator, and neither has /readyz.
            if labels["operator"] or labels["status"] == "401":
                place = labels["operator"], int(labels["status"])
                counted[place] = counted.get(place, 0) + value
    for place in sorted(set(counted) | set(soak.statuses)):
        sent, more = soak.statuses[place], counted.get(place, 0) - soak.statuses[place]
        if not 0 <= more <= soak.unknown[place[0]]:
            soak.finding("records", f"metrics count {counted.get(place, 0):.0f} answers {place}, and there were {sent}")
    for tenant in soak.tenants:
        sent = sum(count for (name, _), count in soak.statuses.items() if name == tenant.name) + soak.unknown[tenant.name]
        total = sum(count for (name, _), count in counted.items() if name == tenant.name)
        if sent != total:
            soak.finding("records", f"metrics count {total:.0f} requests of {tenant.name}'s, and there were {sent}")
    if soak.log.expected:
        soak.finding("records", f"{len(soak.log.expected)} answers without a line in the log: {list(soak.log.expected.items())[:3]}")
    left = soak.log.left()
    if left != soak.unknown:
        soak.finding("records", f"lines of answers that nobody saw: {dict(left)}, and there were {dict(soak.unknown)}")
    for mark in (tenant.mark for tenant in soak.tenants):
        if mark in json.dumps([[name, labels] for name, labels in found]):
            soak.finding("leaks", "the metrics have words of a tenant")
    (limited,) = [tenant for tenant in soak.tenants if tenant.name == "east"]
    may = A_MINUTE + (time.monotonic() - soak.began) * A_MINUTE / 60 + 5
    asked = limited.admitted + limited.limited
    if not min(asked, A_MINUTE) <= limited.admitted <= may:
        soak.finding("verdicts", f"the budget of {A_MINUTE} a minute let in {limited.admitted} of {asked}, and not {A_MINUTE} to {may:.0f}")


def memory(soak: Soak, first: dict, last: dict) -> dict:
    """Whether memory, threads and open files are flat, from the end of the warm-up on."""
    rest = [one for one in soak.samples if first["at"] <= one[0] <= last["at"]]
    is_short = soak.seconds < SHORTEST
    bound = (SHORT_GROWTH_MB if is_short else GROWTH_MB) + max(0, DECISIONS - first["decisions"]) * DECISION_MB
    rises = growth([(at, megabytes) for at, megabytes, _, _ in rest])
    threads, files = last["threads"] - first["threads"], last["files"] - first["files"]
    if rises > bound:
        soak.finding("memory", f"memory rises by {rises:.1f} MB, and not by less than {bound:.1f}")
    if threads > 4:
        soak.finding("memory", f"{threads} threads more than after the warm-up")
    if files > 2 * soak.connections:
        soak.finding("memory", f"{files} open files more than after the warm-up")
    return {"mb_first": round(first["mb"], 1), "mb_last": round(last["mb"], 1), "mb_most": round(max(one[1] for one in soak.samples), 1),
            "rises_mb": round(rises, 2), "bound_mb": round(bound, 1), "short": is_short,
            "threads": [first["threads"], last["threads"]], "files": [first["files"], last["files"]]}


def rate(soak: Soak) -> float:
    """Requests a second so far."""
    return (soak.done["requests"] - soak.before) / max(1.0, time.monotonic() - soak.began)


async def progress(soak: Soak) -> None:
    """A line that is written over, for who sits at a terminal."""
    while True:
        now = time.monotonic()
        wrong = sum(soak.found.values())
        sys.stderr.write(f"\r{max(0, soak.ends - now):4.0f} s left  {rate(soak):6.0f} requests/s  "
                         f"{soak.samples[-1][1] if soak.samples else 0:6.1f} MB  {wrong} findings ")
        sys.stderr.flush()
        await asyncio.sleep(1)


# What is told.

def promises(soak: Soak, measured: dict) -> list[tuple[str, str, str]]:
    done = soak.done
    verdicts = {name.removeprefix("verdict: "): count for name, count in done.items() if name.startswith("verdict: ")}
    short = ", a short run: its warm-up is most of it" if measured["short"] else ""
    return [
        ("verdicts", "0 wrong verdicts", ", ".join(f"{count:,} {name}" for name, count in sorted(verdicts.items()))),
        ("records", "0 lost records", f"{soak.log.matched:,} answers with their line in the log, {done['decisions read back']:,} read back; metrics and log counted"),
        ("leaks", "0 leaks between tenants", f"{done['requests']:,} answers, {soak.log.lines:,} lines and {done['requests of models']:,} requests looked through"),
        ("memory", "memory, threads and files flat",
         f"{measured['mb_first']} to {measured['mb_last']} MB, a line through it rises by {measured['rises_mb']} (limit {measured['bound_mb']}{short}); "
         f"{measured['threads'][0]} to {measured['threads'][1]} threads, {measured['files'][0]} to {measured['files'][1]} files"),
        ("errors", "no errors but those injected", f"{done['answers of 5xx']:,} answers of 5xx, each with its fault"),
    ]


def table(soak: Soak, measured: dict, seconds: float) -> str:
    lines = [f"{seconds:.0f} seconds, {soak.connections} connections, {rate(soak):.0f} requests/s, {soak.binary}", ""]
    for name, count in sorted(soak.done.items(), key=lambda entry: (":" in entry[0], entry[0])):
        lines.append(f"{count:>10,}  {name}")
    lines.append("")
    for promise, words, detail in promises(soak, measured):
        found = soak.found[promise]
        lines.append(f"{'kept' if not found else 'BROKEN':6}  {words}: {detail}")
        lines += [f"          {finding}" for finding in soak.findings[promise]]
        if found > len(soak.findings[promise]):
            lines.append(f"          and {found - len(soak.findings[promise])} more")
    return "\n".join(lines)


def main() -> int:
    release = ROOT / ".build-release/release/charter"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("SOAK_SECONDS") or 600))
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--binary", type=pathlib.Path, default=release if release.exists() else ROOT / ".build/debug/charter")
    parser.add_argument("--format", choices=["text", "json"], default="text")
    options = parser.parse_args()
    if not os.access(options.binary, os.X_OK):
        print(f"{options.binary} is not there: make build, or swift build --product charter", file=sys.stderr)
        return 1
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: sys.exit(1))  # so that the gateway ends, too
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soak = Soak(options.binary.resolve(), options.seconds, options.connections)
    soak.start()
    try:
        measured = asyncio.run(run(soak))
        seconds = time.monotonic() - soak.began
    finally:
        soak.stop()
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 78 + "\r")
    if options.format == "json":
        print(json.dumps({"seconds": round(seconds, 1), "connections": soak.connections, "binary": str(soak.binary), "done": dict(soak.done),
                          "memory": measured, "promises": [
                              {"promise": words, "kept": not soak.found[promise], "findings": soak.found[promise],
                               "detail": detail, "first": soak.findings[promise]} for promise, words, detail in promises(soak, measured)]}, indent=1))
    else:
        print(table(soak, measured, seconds))
    return 1 if sum(soak.found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
