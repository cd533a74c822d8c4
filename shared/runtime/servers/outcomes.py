"""What a call came to, in the form that recordings keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.model.calls import State
from shared.model.catalogue import Effect, PathMode
from shared.model.errors import Rejected
from shared.proof.canonical import sha256_text
from shared.proof.results import canonical_result
from shared.runtime.servers.failures import Crash
from shared.runtime.servers.json_text import json_text
from shared.runtime.topics import RESULT_BYTES

_CRASH_TEXTS = {
    Crash.DIED: "FireFly: the server ended during this call",
    Crash.TIMEOUT: "FireFly: the server gave no answer to this call in time",
}


@dataclass(frozen=True, slots=True)
class CalledTool:
    """The outcome of one call; `shared.model.ports.CallOutcome` and what a recording needs besides."""

    result_json: str
    """Canonical; empty when `too_large`."""
    is_error: bool
    state: State
    state_after: State
    path_mode: PathMode
    arguments_json: str
    """Canonical, with schema defaults applied: exactly what was sent."""
    result_sha256: str
    result_length: int
    too_large: bool
    effect: Effect
    """The class this call counted as; `world` when it moved the world whatever was believed before."""
    server_digest: str
    crash: Crash = Crash.NONE
    wrote: bool = False
    """Files were written, be it with equal bytes."""
    change_json: str = ""
    """How the world it left differs from the one the environment opened with; empty where it moved none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A canonical result before it is placed in a state."""

    result_json: str
    is_error: bool

    @property
    def sha256(self) -> str:
        """Of the canonical result's UTF-8 bytes."""
        return sha256_text(self.result_json)


def read_outcome(raw: Mapping[str, Any], mapped_from: str = "", mapped_to: str = "") -> Outcome:
    """Make a server's result canonical; what is no result is an error result that says so."""
    # The protocol of 2026-07-28 lets a tool ask back; an exploration has nobody who could answer.
    if raw.get("resultType") == "input_required":
        return _own_error("FireFly: the server asked for input, which nobody gives here")
    content = raw.get("content")
    if not isinstance(content, list):
        return _own_error("FireFly: the server's result has no content list")
    # A server that lists bare texts says something all the same.
    parts = [part if isinstance(part, Mapping) else {"type": "text", "text": json_text(part)} for part in content]
    # By the flag alone: a text "false" is true in Python.
    is_error = raw.get("isError") is True
    try:
        text = canonical_result(parts, raw.get("structuredContent"), is_error)
    except Rejected as error:
        return _own_error(f"FireFly: the server's result is no JSON that can be kept ({error.reason})")
    # In the whole text: a path may stand in any field of a result.
    return Outcome(text.replace(mapped_from, mapped_to) if mapped_from else text, is_error)


def crash_outcome(crash: Crash) -> Outcome:
    """The tool-error result that stands for a crash seen every time."""
    return _own_error(_CRASH_TEXTS[crash])


def called_tool(outcome: Outcome, states: tuple[State, State], **facts: Any) -> CalledTool:
    """Place an outcome between two states; a result over the limit keeps digest and length only."""
    length = len(outcome.result_json.encode("utf-8"))
    return CalledTool(
        result_json=outcome.result_json if length <= RESULT_BYTES else "",
        is_error=outcome.is_error,
        state=states[0],
        state_after=states[1],
        result_sha256=outcome.sha256,
        result_length=length,
        too_large=length > RESULT_BYTES,
        **facts,
    )


def _own_error(text: str) -> Outcome:
    return Outcome(canonical_result([{"type": "text", "text": text}], None, is_error=True), is_error=True)
