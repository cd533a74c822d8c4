"""Whether a task would end the same if one of its calls had been answered otherwise."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from shared.model.calls import Recording
from shared.model.errors import Rejected
from shared.model.tasks import ReferenceCall, Task
from shared.proof.evidence import check_fields
from shared.proof.locators import locate


class Uses:
    """Which reference calls stand on which recording."""

    def __init__(self, tasks: Iterable[Task], recordings: Mapping[str, Recording]) -> None:
        self._recordings = recordings
        self._of: dict[str, list[tuple[Task, ReferenceCall]]] = defaultdict(list)
        for task in tasks:
            for call in task.reference:
                self._of[call.recording_id].append((task, call))

    def outcomes(self, recording_id: str, answer_json: str) -> Sequence[bool]:
        """Say, for each task that makes this call, whether its reference still passes with another answer to it.

        It passes when every later call still gets the same values and every answer field still derives to the truth.
        """
        same = self._recordings[recording_id].result_json == answer_json
        return [same or self._holds(task, call, answer_json) for task, call in self._of.get(recording_id, ())]

    def _holds(self, task: Task, changed: ReferenceCall, answer_json: str) -> bool:
        results = {
            call.call_id: self._recordings[call.recording_id].result_json
            for call in task.reference
            if call.recording_id in self._recordings
        }
        results[changed.call_id] = answer_json
        flows = [flow for call in task.reference for flow in call.depends_on if flow.call_id == changed.call_id]
        same = all(_value(answer_json, flow.locator_json) == flow.sha256 for flow in flows)
        return same and not check_fields(task.evidence, task.ground_truth_json, results)


def _value(answer_json: str, locator_json: str) -> str:
    try:
        return locate(answer_json, locator_json).sha256
    except Rejected:
        # No digest, so it differs: a value that is gone is another value.
        return ""
