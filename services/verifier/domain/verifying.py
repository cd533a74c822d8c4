"""One draft in, one verdict out, and the task with its proof when every gate let it pass."""

from dataclasses import dataclass, replace

from services.verifier.domain.case import Case, Refusal, first_refusal
from services.verifier.domain.gates import AFTER_REPLAY, BEFORE_REPLAY, JUDGE, REPLAY
from services.verifier.domain.judging import Judge
from services.verifier.domain.replaying import Simulator, replay
from shared.model.tasks import DraftTask, Verdict, VerdictKind, VerifiedTask
from shared.proof.reward import CHECKER_VERSION


@dataclass(frozen=True, slots=True)
class Verified:
    """What goes out, in one transaction."""

    verdict: Verdict
    task: VerifiedTask | None = None


@dataclass(frozen=True, slots=True)
class Verifier:
    """Asks the gates; the simulator and the judge are ports."""

    simulator: Simulator
    judge: Judge | None = None

    async def verify(self, draft: DraftTask) -> Verified:
        """Decide about one draft.

        Raises:
            Unavailable: the simulator or the judge is away, or a recording has not arrived yet.
        """
        if draft.task is None:
            return Verified(verdict(draft, VerdictKind.NOTHING, Refusal(draft.nothing_reason, draft.nothing_text)))
        refusal = await self._refusal(Case(draft, draft.task))
        if refusal:
            return Verified(verdict(draft, VerdictKind.REJECTED, refusal))
        return Verified(verdict(draft, VerdictKind.VERIFIED), VerifiedTask(draft.task, self._checks(), CHECKER_VERSION))

    async def _refusal(self, case: Case) -> Refusal | None:
        if early := first_refusal(BEFORE_REPLAY, case):
            return early
        results = await replay(self.simulator, case.task)
        if isinstance(results, Refusal):
            return results
        if late := first_refusal(AFTER_REPLAY, replace(case, results=results)):
            return late
        objection = await self.judge.objection(case.task) if self.judge else None
        return Refusal(JUDGE, objection) if objection else None

    def _checks(self) -> tuple[str, ...]:
        names = (*(gate.name for gate in BEFORE_REPLAY), REPLAY, *(gate.name for gate in AFTER_REPLAY))
        return (*names, JUDGE) if self.judge else names


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
