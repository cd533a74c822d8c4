"""Kafka shell of the verifier: draft-tasks in, verdicts out, and through the publish gate verified tasks."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from services.verifier.adapters.simulator_client import SimulatorClient
from services.verifier.adapters.worlds import WorldMeanings
from services.verifier.domain.case import Refusal
from services.verifier.domain.judging import ModelJudge
from services.verifier.domain.verifying import Verifier, verdict
from services.verifier.settings import Settings
from shared.model.errors import Rejected
from shared.model.tasks import DraftTask, TaskState, TaskStatus, Verdict, VerdictKind
from shared.runtime.answer_cache import AnswerCache
from shared.runtime.budget import Budget
from shared.runtime.ledger import Ledger
from shared.runtime.openai_model import OpenAiModel
from shared.runtime.rpc import open_channel
from shared.runtime.servers.world_store import WorldStore
from shared.runtime.service import Background, Part
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.stage import Gate, Stage, go
from shared.runtime.streaming.worker import TransactionalWorker

PUBLISHED = "verified-tasks"


class Verifying:
    """The handler."""

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier

    async def handle(self, event: Event) -> Sequence[Output]:
        """Decide about one draft.

        Raises:
            Unavailable: the simulator, the world or the judge is away, or a recording has not arrived there yet.
        """
        draft: DraftTask = event.record
        verified = await self._verifier.verify(draft)
        outputs = [Output("verdicts", draft.draft_id, verified.verdict)]
        if verified.task:
            task_id = verified.task.task.task_id
            outputs.append(Output(PUBLISHED, task_id, verified.task))
            outputs.append(Output("task-status", task_id, TaskStatus(task_id, TaskState.ACTIVE)))
        return outputs


def on_duplicate(event: Event, outputs: Sequence[Output]) -> Sequence[Output]:
    """Say of a task that is published already that it is a duplicate, and publish nothing."""
    # The task itself stays away: the gate's topic must hold each key once.
    verdicts = [output for output in outputs if isinstance(output.record, Verdict)]
    text = "this task is published already"
    return [
        replace(output, record=replace(output.record, kind=VerdictKind.DUPLICATE, reason="duplicate", text=text))
        for output in verdicts
    ]


def dead_verdict(event: Event, error: Exception) -> Sequence[Output]:
    """Give a dead-lettered draft its one verdict, so that a run knows that it is done."""
    if not isinstance(event.record, DraftTask):
        return ()
    reason, text = (error.reason, error.text) if isinstance(error, Rejected) else ("bug", type(error).__name__)
    refused = verdict(event.record, VerdictKind.REJECTED, Refusal(reason, text[:500]))
    return (Output("verdicts", event.record.draft_id, refused),)


async def build(settings: Settings, resources: AsyncExitStack) -> Sequence[Part]:
    """Put the verifier together."""
    ledger = Ledger(settings.kafka_bootstrap, "verifier")
    channel = await resources.enter_async_context(
        open_channel(settings.simulator_address, settings.simulator_timeout_seconds)
    )
    budget, judge = Budget(settings, ledger.spend), None
    if settings.openai_base_url:
        cache = AnswerCache(settings.data_dir / "answers")
        model = OpenAiModel(settings, "verifier", cache, budget.spend)
        resources.push_async_callback(model.close)
        judge = ModelJudge(model)
    meanings = WorldMeanings(WorldStore(settings.data_dir / "worlds"))
    handler = Verifying(Verifier(SimulatorClient(channel), meanings, judge))
    # Without a judge the verifier spends nothing, and must not wait for money.
    hold = budget.hold if judge else go
    stage = Stage("verifier", ("draft-tasks",), handler.handle, on_dead=dead_verdict, hold=hold)
    return [
        TransactionalWorker(settings, stage, Gate(PUBLISHED, on_duplicate)),
        Background("ledger", ledger.follow),
        *([budget] if judge else []),
    ]
