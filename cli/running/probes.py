"""Is a service that runs also alive? Asks `/livez` of every service, and judges by many answers, not by one."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

TIMEOUT_SECONDS = 2.0
MOST_REFUSALS = 3
"""Times in a row that a service may say that it makes no progress."""
MOST_SILENCES = 24
"""Times in a row that it may say nothing: computing for long without a pause is no crime."""
EVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What `/livez` said."""

    is_live: bool
    text: str
    """Why not; else what it waits for, if it waits."""


class Patience:
    """Decides who is given up; one account per process."""

    def __init__(self) -> None:
        self._pids: dict[str, int] = {}
        self._refused: Counter[str] = Counter()
        self._silent: Counter[str] = Counter()
        self._spoken: set[str] = set()

    def judge(self, name: str, pid: int, answer: Answer | None) -> str:
        """Take in one answer, None where none came; say why the process has to go, empty while it may stay."""
        if self._pids.get(name) != pid:
            self._pids[name] = pid
            self._refused[name] = self._silent[name] = 0
            self._spoken.discard(name)
        if answer is None:
            # A service that has not answered yet may be importing, or waiting for what it is built on.
            self._silent[name] += name in self._spoken
        else:
            self._spoken.add(name)
            self._silent[name] = 0
            self._refused[name] = 0 if answer.is_live else self._refused[name] + 1
        if answer is not None and self._refused[name] >= MOST_REFUSALS:
            return f"is not live ({answer.text})"
        if self._silent[name] >= MOST_SILENCES:
            return f"has not answered its liveness probe for {MOST_SILENCES * EVERY_SECONDS:.0f} s"
        return ""


async def ask(ports: Mapping[str, int]) -> dict[str, Answer | None]:
    """Ask every service at once, within a bound."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        answers = await asyncio.gather(*(_ask(session, port) for port in ports.values()))
    return dict(zip(ports, answers, strict=True))


async def _ask(session: aiohttp.ClientSession, port: int) -> Answer | None:
    try:
        async with session.get(f"http://127.0.0.1:{port}/livez") as answer:
            return understood(answer.status, await answer.json())
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None


def understood(status: int, body: Mapping[str, Mapping[str, Any]]) -> Answer:
    """Read the answer of `shared.runtime.health`."""
    faults = [f"{name}: {part['text']}" for name, part in body.items() if not part["ok"]]
    waits = [str(part["text"]).partition("; ")[2] or str(part["text"]) for part in body.values()]
    waits = [text for text in waits if "wait" in text]
    return Answer(status == 200, "; ".join(faults or waits))  # noqa: PLR2004 - HTTP's OK
