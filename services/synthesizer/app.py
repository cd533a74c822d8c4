"""Kafka shell of the synthesizer: explorations in, draft tasks out."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial

from services.synthesizer.domain.backward import drafts, nothing
from services.synthesizer.domain.paraphrasing import Paraphraser
from services.synthesizer.domain.tasks import Catalogue as Offered
from services.synthesizer.settings import Settings
from shared.model.errors import Rejected
from shared.model.explorations import Exploration
from shared.runtime.answer_cache import AnswerCache
from shared.runtime.budget import Budget
from shared.runtime.catalogue import Catalogue
from shared.runtime.ledger import Ledger
from shared.runtime.openai_model import OpenAiModel
from shared.runtime.service import Background, Part
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.stage import Stage, go
from shared.runtime.streaming.worker import TransactionalWorker

WRITES = "draft-tasks"


class Synthesizing:
    """The handler."""

    def __init__(self, catalogue: Catalogue, wait_seconds: float, paraphraser: Paraphraser | None = None) -> None:
        self._catalogue, self._wait_seconds, self._paraphraser = catalogue, wait_seconds, paraphraser

    async def handle(self, event: Event) -> Sequence[Output]:
        """Write what one exploration is good for; at least one record, so that every draw ends in verdicts.

        Raises:
            Unavailable: the catalogue has not been read to its end, or the model is away.
        """
        exploration: Exploration = event.record
        called = {call.tool_id for call in exploration.calls}
        # Before writing: offered tools come from the catalogue, and a later redo must find the same ones there.
        await self._catalogue.tools(called, exploration.world_digest, self._wait_seconds)
        await self._catalogue.known(exploration.distractors, self._wait_seconds)
        offered = Offered(self._catalogue.listed_tools(), self._catalogue.servers())
        made = drafts(exploration, offered)
        if self._paraphraser is not None:
            made = tuple([await self._paraphraser.paraphrase(draft, exploration) for draft in made])
        return [Output(WRITES, draft.draft_id, draft) for draft in made]


def dead_draft(event: Event, error: Exception) -> Sequence[Output]:
    """Give a dead-lettered exploration its one record, so that a run knows that it is done."""
    if not isinstance(event.record, Exploration):
        return ()
    reason, text = (error.reason, error.text) if isinstance(error, Rejected) else ("bug", type(error).__name__)
    draft = nothing(event.record, reason, text[:500])
    return (Output(WRITES, draft.draft_id, draft),)


async def build(settings: Settings, resources: AsyncExitStack) -> Sequence[Part]:
    """Put the synthesizer together."""
    catalogue, ledger = Catalogue(), Ledger(settings.kafka_bootstrap, "synthesizer")
    budget, paraphraser = Budget(settings, ledger.spend), None
    if settings.openai_base_url:
        cache = AnswerCache(settings.data_dir / "answers")
        model = OpenAiModel(settings, "synthesizer", cache, budget.spend)
        resources.push_async_callback(model.close)
        paraphraser = Paraphraser(model)
    handler = Synthesizing(catalogue, settings.catalogue_wait_seconds, paraphraser)
    hold = budget.hold if paraphraser else go
    stage = Stage("synthesizer", ("explorations",), handler.handle, on_dead=dead_draft, hold=hold)
    return [
        TransactionalWorker(settings, stage),
        Background("catalogue", partial(catalogue.follow, settings.kafka_bootstrap), catalogue.is_ready),
        Background("ledger", ledger.follow),
        *([budget] if paraphraser else []),
    ]
