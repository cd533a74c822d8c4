"""Silence at the start of a server is the machine's, until it lasts."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from services.explorer.adapters.environments import PATIENCE, PatientCaller
from shared.model.catalogue import FailureClass
from shared.model.errors import Unavailable
from shared.runtime.servers.failures import StartFailed

pytestmark = pytest.mark.unit


class Server:
    """Raises or answers, one after the other."""

    def __init__(self, *said: Any) -> None:
        self._said = list(said)

    async def call_tool(self, server_id: str, tool: str, arguments_json: str) -> Any:
        said = self._said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def ask(caller: PatientCaller) -> Any:
    return asyncio.run(caller.call_tool("files", "read", "{}"))


def silent() -> StartFailed:
    return StartFailed(FailureClass.HANDSHAKE_TIMEOUT, "no answer to the handshake within 60 s")


def test_a_silent_server_is_asked_again_and_an_answer_starts_its_patience_anew() -> None:
    caller = PatientCaller(Server(silent(), "answer", *[silent()] * PATIENCE), "world", Counter())
    with pytest.raises(Unavailable, match="files does not start: no answer to the handshake"):
        ask(caller)
    assert ask(caller) == "answer"
    for _ in range(PATIENCE):
        with pytest.raises(Unavailable):
            ask(caller)


def test_a_server_that_stays_silent_cannot_serve() -> None:
    silences: Counter[tuple[str, str]] = Counter()
    caller = PatientCaller(Server(*[silent()] * (PATIENCE + 1)), "world", silences)
    for _ in range(PATIENCE):
        with pytest.raises(Unavailable):
            ask(caller)
    with pytest.raises(StartFailed):
        ask(caller)


def test_a_server_that_ends_at_its_start_cannot_serve_at_once() -> None:
    caller = PatientCaller(Server(StartFailed(FailureClass.EXITED, "exit code 1")), "world", Counter())
    with pytest.raises(StartFailed):
        ask(caller)


def test_an_end_at_the_start_is_no_silence() -> None:
    ended = StartFailed(FailureClass.EXITED, "exit code 1")
    caller = PatientCaller(Server(ended, *[silent()] * PATIENCE), "world", Counter())
    with pytest.raises(StartFailed):
        ask(caller)
    for _ in range(PATIENCE):
        with pytest.raises(Unavailable):
            ask(caller)
