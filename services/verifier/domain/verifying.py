"""One draft in, one verdict out, and the task with its proof when every gate let it pass."""

from dataclasses import dataclass, replace

from services.verifier.domain.case import Case, Refusal, first_refusal
from services.verifier.domain.evaluating.meaning import MEANING_GATES, Meaning, MeaningSource
from services.verifier.domain.gates import AFTER_REPLAY, BEFORE_REPLAY, JUDGE, LEFT, REPLAY
from services.verifier.domain.judging import Judge
from services.verifier.domain.replaying import Simulator, replay
from services.verifier.domain.restating import restated
from shared.model.tasks import DraftTask, Task, Uniqueness, Verdict, VerdictKind, VerifiedTask
from shared.proof.reward import CHECKER_VERSION


@dataclass(frozen=True, slots=True)
class Verified:
    """What goes out, in one transaction."""

    verdict: Verdict
    task: VerifiedTask | None = None


@dataclass(frozen=True, slots=True)
class Verifier:
    """Asks the gates; the simulator, the worlds and the judge are ports."""

    simulator: Simulator
    meanings: MeaningSource
    judge: Judge | None = None

    async def verify(self, draft: DraftTask) -> Verified:
        """Decide about one draft.

        Raises:
            Unavailable: the simulator, the world or the judge is away, or a recording has not arrived yet.
        """
        if draft.task is None:
            return Verified(verdict(draft, VerdictKind.NOTHING, Refusal(draft.nothing_reason, draft.nothing_text)))
        found = await self._decide(Case(draft, draft.task))
        if isinstance(found, Refusal):
            return Verified(verdict(draft, VerdictKind.REJECTED, found))
        accepted = verdict(draft, VerdictKind.VERIFIED)
        return Verified(replace(accepted, uniqueness=found.uniqueness), self._published(draft.task, found))

    async def _decide(self, case: Case) -> Meaning | Refusal:
        # Cheap gates first: a replay costs an episode, a meaning costs reading the world, a judge costs money.
        if early := first_refusal(BEFORE_REPLAY, case):
            return early
        results = await replay(self.simulator, case.task)
        if isinstance(results, Refusal):
            return results
        if late := first_refusal(AFTER_REPLAY, replace(case, results=results)):
            return late
        meaning = await self.meanings.meaning(case.task, results)
        if meaning.refusal:
            return meaning.refusal
        objection = await self.judge.objection(case.task) if self.judge else None
        return Refusal(JUDGE, objection) if objection else meaning

    def _published(self, task: Task, meaning: Meaning) -> VerifiedTask:
        counted = restated(task, meaning.cheapest) if meaning.cheapest else task
        way = meaning.cheapest.as_json() if meaning.cheapest else "{}"
        checks = self._checks(meaning)
        return VerifiedTask(counted, checks, CHECKER_VERSION, meaning.uniqueness, meaning.unread, way)

    def _checks(self, meaning: Meaning) -> tuple[str, ...]:
        """Name what was passed; what the second evaluator could not read passed none of its gates."""
        names = (*(gate.name for gate in BEFORE_REPLAY), REPLAY, LEFT, *(gate.name for gate in AFTER_REPLAY))
        # Only what was passed is claimed: an unread source leaves these gates unasked.
        proven = MEANING_GATES if meaning.uniqueness is Uniqueness.PROVEN else ()
        return (*names, *proven, JUDGE) if self.judge else (*names, *proven)


def verdict(draft: DraftTask, kind: VerdictKind, refusal: Refusal | None = None) -> Verdict:
    """Write the one verdict of a draft."""
    return Verdict(
        draft_id=draft.draft_id,
        exploration_id=draft.exploration_id,
        epoch=draft.epoch,
        counter=draft.counter,
        index=draft.index,
        of=draft.of,
        kind=kind,
        reason=refusal.reason if refusal else "",
        text=refusal.text if refusal else "",
        shape=draft.task.shape if draft.task else "",
        draws_lane=draft.draws_lane,
    )
