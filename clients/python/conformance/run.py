"""Run the checks of one trainer where its framework is installed: `python -m conformance.run NAME --target TARGET`."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import unittest
from functools import partial, update_wrapper

from conformance.checks import CHECKS
from conformance.scripts import Trainer


def main() -> int:
    """Run the checks; print one line each."""
    parser = argparse.ArgumentParser(prog="conformance.run")
    parser.add_argument("name")
    parser.add_argument("--target", required=True, help="A simulator that serves the suite's tasks.")
    parser.add_argument("--only", default="", help="Names of checks, with commas between them; by default all.")
    asked = parser.parse_args()
    wanted = set(asked.only.split(",")) if asked.only else {check.__name__ for check in CHECKS}
    if unknown := wanted - {check.__name__ for check in CHECKS}:
        parser.error(f"there is no check named {', '.join(sorted(unknown))}")
    checks = [check for check in CHECKS if check.__name__ in wanted]
    trainer: Trainer = importlib.import_module(f"conformance.real.{asked.name}").Trainer()
    say(f"{trainer.name} {trainer.version}, Python {sys.version.split()[0]}")
    failed = 0
    for check in checks:
        started = time.monotonic()
        # A trainer may fail in any way, also by `sys.exit`: unittest holds what it raises, and the next check is run.
        outcome = unittest.FunctionTestCase(update_wrapper(partial(check, trainer, asked.target), check)).run()
        problems = [text for _, text in (*outcome.errors, *outcome.failures)]
        if problems:
            failed += 1
            say(f"  FAILED {check.__name__}\n{problems[0]}")
        else:
            say(f"  ok     {check.__name__} ({time.monotonic() - started:.1f} s)")
    say(f"{trainer.name}: {len(checks) - failed} of {len(checks)} checks passed")
    return 1 if failed else 0


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
