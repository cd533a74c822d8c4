"""A model may put a prompt into other words; what it may not change is checked, and the deterministic text stays else.

Ids do not depend on it: the prompt is the one part of a task that a model may write.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, replace

from services.synthesizer.domain.giveaways import flowing, given_away, names_a_tool
from shared.model.errors import Rejected
from shared.model.explorations import Exploration
from shared.model.ports import LanguageModel
from shared.model.tasks import DraftTask, Task
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.locators import text_of

ROLE = "write"
_SCHEMA = {
    "type": "object",
    "properties": {"prompt": {"type": "string", "minLength": 10, "maxLength": 1500}},
    "required": ["prompt"],
    "additionalProperties": False,
}
_ORDER = (
    "Put this request to an assistant into other words, as a colleague would write it. Keep every name, number, date, "
    "unit, file and document, every key of the answer and how it is rounded. Add nothing, answer nothing, name no tool."
)
_TELLING = re.compile(r"“[^”]+”|\d[\d.,:-]*\d|\d|\b[A-Z][\w-]+")


@dataclass(frozen=True, slots=True)
class Paraphraser:
    """Asks the model, checks what it says."""

    model: LanguageModel

    async def paraphrase(self, draft: DraftTask, exploration: Exploration) -> DraftTask:
        """Return the draft with another prompt, or as it is.

        Raises:
            Unavailable: the model is away.
        """
        task = draft.task
        if task is None:
            return draft
        messages = [{"role": "system", "content": _ORDER}, {"role": "user", "content": task.prompt}]
        try:
            said = await self.model.complete_json(ROLE, messages, _SCHEMA, draft.exploration_id)
        # Other words are a nicety: without them it is the same task.
        except Rejected:
            return draft
        prompt = str(said.get("prompt", "")).strip()
        if not says_the_same(task, prompt, exploration):
            return draft
        provenance = {**json.loads(task.provenance_json), "writer": ROLE}
        return replace(draft, task=replace(task, prompt=prompt, provenance_json=canonical(provenance)))


def says_the_same(task: Task, prompt: str, exploration: Exploration) -> bool:
    """Tell whether a paraphrase keeps all names and numbers, adds none, and gives nothing away."""
    if _telling(task.prompt) != _telling(prompt) or names_a_tool(prompt, task.tools):
        return False
    truth = map(text_of, parse_canonical(task.ground_truth_json).values())
    calls = {call.call_id: call for call in exploration.calls}
    return not given_away(prompt, [*truth, *flowing(task.reference, calls)])


def _telling(text: str) -> Counter[str]:
    """Quoted words, numbers and names; the first word of a sentence is no name."""
    inner = re.sub(r"(?:^|[.?!:]\s+)([A-Z])", lambda match: match.group(0).lower(), text)
    # A bag: their order may change, but none may come or go.
    return Counter(_TELLING.findall(inner))
