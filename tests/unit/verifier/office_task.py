"""One task that passes every gate, and a simulator that answers from its recordings."""

from contextlib import asynccontextmanager
from dataclasses import replace

from services.verifier.domain.case import Case
from services.verifier.domain.evaluating.cheapest import Cheapest
from services.verifier.domain.evaluating.meaning import Meaning
from services.verifier.domain.gates import AFTER_REPLAY, BEFORE_REPLAY
from services.verifier.domain.replaying import Replayed
from shared.model.tasks import DraftTask, Uniqueness
from shared.proof.canonical import canonical, parse
from tests.fakes.dataset import order_task

VERIFIED, RECORDINGS = order_task()
TASK = VERIFIED.task
RESULTS = {call.call_id: one.result_json for call, one in zip(TASK.reference, RECORDINGS, strict=True)}
COUNTERFACTUALS = canonical([{"call_id": "c2", "argument": "/order_id", "outcome": "fails"}])
REPEATED = canonical([{"call_id": name, "same": True, "volatile": []} for name in ("c1", "c2")])


def draft_of(task=TASK, counterfactuals=COUNTERFACTUALS, repeated=REPEATED):
    """Wrap a task as the synthesizer does."""
    return DraftTask(
        task.task_id,
        task.exploration_id,
        epoch=1,
        counter=17,
        index=0,
        of=2,
        task=task,
        counterfactuals_json=counterfactuals,
        repeated_json=repeated,
    )


def refusing(task=TASK, results=None, **evidence):
    """Names of all gates that refuse a task."""
    case = Case(draft_of(task, **evidence), task, results or RESULTS)
    return [gate.name for gate in (*BEFORE_REPLAY, *AFTER_REPLAY) if gate.check(case) is not None]


def changed(text, **members):
    """JSON text of an object with some members replaced; None removes one."""
    value = {**parse(text), **members}
    return canonical({name: item for name, item in value.items() if item is not None})


def only_items():
    """The same task with its one guessable field."""
    return replace(
        TASK,
        ground_truth_json='{"items":3}',
        evidence=tuple(field for field in TASK.evidence if field.field == "items"),
        answer_schema_json=canonical(
            {"type": "object", "properties": {"items": {"type": "integer"}}, "required": ["items"]}
        ),
        answer_types_json=canonical({"items": {"type": "number"}}),
    )


PROVEN = Meaning(Uniqueness.PROVEN, cheapest=Cheapest(1, ("read orders",), executed=False))


class FakeMeanings:
    """Says the same of every task, and remembers what it was asked."""

    def __init__(self, meaning=PROVEN):
        self._meaning = meaning
        self.asked = []

    async def meaning(self, task, results):
        self.asked.append((task.task_id, sorted(results)))
        return self._meaning


class FakeSimulator:
    """Answers reference calls from recordings by id; `said` replaces an answer by call id."""

    def __init__(self, recordings=RECORDINGS, **said):
        self._known = {one.recording_id: one for one in recordings}
        self._said = said
        self.opened = []
        self.closed = 0

    @asynccontextmanager
    async def episode(self, server_ids, world_digest):
        self.opened.append((tuple(server_ids), world_digest))
        yield self
        self.closed += 1

    async def call(self, call):
        one = self._known.get(call.recording_id)
        if call.call_id in self._said:
            return replace(self._answer(one), **self._said[call.call_id])
        return self._answer(one) if one else Replayed("miss", "not_recorded", "", "")

    @staticmethod
    def _answer(one):
        return Replayed("exact", "", one.recording_id, one.result_json)
