"""The `LanguageModel` port over any OpenAI-compatible endpoint."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from shared.model.tasks import LedgerEntry
from shared.runtime.settings import ModelSettings


class Cache(Protocol):
    """Answers by request digest: a redo gets the same answer and pays nothing."""

    async def get(self, digest: str) -> str | None:
        """Return the stored answer."""

    async def put(self, digest: str, answer: str) -> None:
        """Store an answer; the first one stays."""


Spend = Callable[[LedgerEntry], Awaitable[None]]
"""Where each request's usage goes."""


class OpenAiModel:
    """Asks for one JSON object valid under a schema, validates, asks again."""

    def __init__(self, settings: ModelSettings, stage: str, cache: Cache, spend: Spend) -> None: ...

    async def complete_json(
        self, role: str, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any], subject: str
    ) -> Mapping[str, Any]:
        """See `shared.model.ports.LanguageModel`."""
        raise NotImplementedError
