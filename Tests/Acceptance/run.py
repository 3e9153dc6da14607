#!/usr/bin/env python3
"""The gateway as its users meet it: the official `openai` package through the running command.

    .venv-test/bin/python Tests/Acceptance/run.py                every check, against .build/debug/charter
    .venv-test/bin/python Tests/Acceptance/run.py --only cancel  those whose name matches
    .venv-test/bin/python Tests/Acceptance/run.py --direct       without a gateway: is the upstream itself right?

Starts a scripted upstream, the gateways and (where .venv-model is) a real model on free ports of loopback,
prints one line for each check, and ends everything that it started. Exit status: 0 none failed, 1 one did.
"""
import argparse
import importlib
import json
import os
import pathlib
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

import report  # noqa: E402
from context import ROOT, Context  # noqa: E402

for module in sorted((HERE / "checks").glob("*.py")):
    importlib.import_module(f"checks.{module.stem}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("CHARTER_BINARY", str(ROOT / ".build/debug/charter")))
    parser.add_argument("--only", metavar="PATTERN")
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--model", choices=["required", "optional", "none"], default="optional")
    parser.add_argument("--json", metavar="FILE", help="write the results there too")
    parser.add_argument("--list", action="store_true", help="print the names as a JSON list, and run nothing")
    options = parser.parse_args()
    checks = report.select(options.only, options.direct)
    if options.list:
        print(json.dumps([check.id for check in checks]))
        return 0
    if not options.direct and not os.access(options.binary, os.X_OK):
        print(f"{options.binary} is not there: swift build --product charter", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    context = Context(None if options.direct else pathlib.Path(options.binary), options.model)
    try:
        return 0 if report.run(checks, context, options.json) else 1
    finally:
        context.close()


if __name__ == "__main__":
    sys.exit(main())
