"""Checks, and what became of them."""
import dataclasses
import json
import os
import re
import time
import traceback
from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Check:
    """One sentence about the gateway that can be shown to be true."""

    group: str
    name: str
    body: Callable
    passing: bool  # true as well where nothing stands between client and model: shown of the upstream itself

    @property
    def id(self) -> str:
        return f"{self.group}: {self.name}"


CHECKS: list[Check] = []


class Group:
    """The checks of one file, in its order: `@group("a sentence")` above a function of the context."""

    def __init__(self, name: str):
        self.name = name

    def __call__(self, sentence: str, *, passing: bool = False):
        def register(body):
            check = Check(self.name, sentence, body, passing)
            if any(other.id == check.id for other in CHECKS):
                raise ValueError(f"two checks are called {check.id!r}")
            CHECKS.append(check)
            return body
        return register


class Skipped(Exception):
    """What the check needs is not here; the message says what."""


def equal(found, wanted, what: str = "") -> None:
    if found != wanted:
        raise AssertionError(f"{what + ': ' if what else ''}{found!r}, and not {wanted!r}"[:2000])


def holds(condition, what: str) -> None:
    if not condition:
        raise AssertionError(what[:2000])


def raises(kind, body: Callable):
    """The exception of exactly this kind that the body raises."""
    try:
        found = body()
    except Exception as error:  # noqa: BLE001 - the wrong kind is the finding
        if type(error) is not kind:
            raise AssertionError(f"{type(error).__name__} ({error}), and not {kind.__name__}"[:2000]) from error
        return error
    raise AssertionError(f"no {kind.__name__}, but {found!r}"[:2000])


def run(checks: list[Check], context, json_path: str | None) -> bool:
    """Runs the checks in order, prints a line for each, and says whether none failed."""
    results, began = [], time.monotonic()
    for check in checks:
        start, outcome, detail = time.monotonic(), "passed", ""
        try:
            detail = check.body(context) or ""
        except Skipped as reason:
            outcome, detail = "skipped", str(reason)
        except AssertionError as error:
            outcome, detail = "failed", f"{error} ({place(error)})"
        except Exception as error:  # noqa: BLE001 - a check that cannot run has failed
            outcome, detail = "failed", f"{type(error).__name__}: {error} ({place(error)})"[:2000]
        seconds = time.monotonic() - start
        results.append({"id": check.id, "outcome": outcome, "detail": detail, "seconds": round(seconds, 3)})
        print(f"{outcome:7} {seconds:6.2f} s  {check.id}{' -- ' + detail if detail else ''}", flush=True)
    count = {kind: sum(result["outcome"] == kind for result in results) for kind in ("passed", "failed", "skipped")}
    if json_path:
        with open(json_path, "w", encoding="utf-8") as out:
            json.dump({"checks": results, "seconds": round(time.monotonic() - began, 1)}, out, indent=1)
    print(f"{count['passed']} passed, {count['failed']} failed, {count['skipped']} skipped", flush=True)
    return not count["failed"]


def place(error: BaseException) -> str:
    """Where in the checks an exception comes from."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/checks/" in frame.filename]
    return f"{os.path.basename(frames[-1].filename)}:{frames[-1].lineno}" if frames else "before the check"


def select(pattern: str | None, passing_only: bool) -> list[Check]:
    return [check for check in CHECKS
            if (not pattern or re.search(pattern, check.id)) and (check.passing or not passing_only)]
