"""Agents that do not do what is asked: constants, refusal, the prompt alone, random calls, memory. What do they get?"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.auditing.recorded import Recorded, read_recorded
from cli.dataset.reading import TaskRow
from cli.dataset.similarity import jaccard, shingles
from shared.model.errors import Rejected
from shared.proof.absence import MISSING, is_refusal
from shared.proof.arithmetic import as_number
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.equality import equal, fold
from shared.proof.reward import score

REFUSAL = "I cannot answer this: something that I would need is missing."
_TRIALS = 20
"""Episodes of the random agent on each task."""
_MOST_VALUES = 400
_WORDS = re.compile(r"“([^”]+)”|\"([^\"]+)\"|([\w.@/+-]*\w)")


@dataclass(frozen=True, slots=True)
class Shortcut:
    """What one agent gets."""

    agent: str
    solved: float
    """Tasks; a mean over episodes for the random agent."""
    tasks: int
    """That it could be tried on."""
    with_own: float | None = None
    """Of a constant: tasks, if a task that has a schema or an answer to itself counted as solved by its own truth."""

    @property
    def share(self) -> float:
        """Of the tasks, 0 where there are none."""
        return self.solved / self.tasks if self.tasks else 0.0


@dataclass(frozen=True, slots=True)
class _Asked:
    task: TaskRow
    truth: Mapping[str, Any]

    @property
    def sought(self) -> Mapping[str, Any]:
        """The truth without the reason of a refusal: of two that every system text names, the right one is granted."""
        return {MISSING: self.truth[MISSING]} if is_refusal(self.truth) else self.truth

    def right(self, answer: Mapping[str, Any]) -> bool:
        types = self.task.answer_types
        return all(
            name in answer and equal(types.get(name, {}), value, answer[name]) for name, value in self.truth.items()
        )


def measure(folder: Path, seed: int = 0) -> list[Shortcut]:
    """Let every agent answer every task of an export.

    Raises:
        BadInput: the folder holds no export.
    """
    recorded = read_recorded(folder)
    asked = [_Asked(task, parse_canonical(task.ground_truth_json)) for task in recorded.tasks]
    return [
        _written("empty answer", asked, ""),
        _written("always refuses", asked, REFUSAL),
        Shortcut("always refuses, naming the best words of the prompt", sum(map(_refuses_right, asked)), len(asked)),
        _constant("best constant per answer schema, by types", asked, by_name=False),
        _constant("best constant per answer schema, with field names", asked, by_name=True),
        Shortcut("prompt only, best of all its words", sum(map(_in_prompt, asked)), len(asked)),
        _random_calls(asked, recorded, random.Random(seed)),
        *_memorisers(asked, recorded),
    ]


def _written(agent: str, asked: Sequence[_Asked], text: str) -> Shortcut:
    rewards = []
    for one in asked:
        types = json.dumps(one.task.answer_types, default=float)
        rewards.append(score(text, one.task.ground_truth_json, types, "", False, False).reward)
    return Shortcut(agent, sum(rewards), len(asked))


def _constant(agent: str, asked: Sequence[_Asked], by_name: bool) -> Shortcut:
    """Choose each schema's constant with hindsight, but not from a task that it alone would solve.

    A schema of one task has its own truth for a best constant: that says nothing about the task.
    """
    schemas: dict[str, list[_Asked]] = {}
    for one in asked:
        schemas.setdefault(_schema(one, by_name), []).append(one)
    best = [
        max(sum(_same(one, list(other.truth.values())) for one in group) for other in group)
        for group in schemas.values()
    ]
    return Shortcut(agent, sum(many for many in best if many > 1), len(asked), sum(best))


def _schema(one: _Asked, by_name: bool) -> str:
    kinds = [[name if by_name else "", one.task.answer_types.get(name, {}).get("type")] for name in one.truth]
    return canonical(kinds)


def _same(one: _Asked, answer: Sequence[Any]) -> bool:
    return one.right(dict(zip(one.truth, answer, strict=True)))


def _refuses_right(one: _Asked) -> bool:
    return is_refusal(one.truth) and _in_prompt(one)


def _in_prompt(one: _Asked) -> bool:
    """Tell whether some words of the prompt are the answer, field by field: no choice could do better.

    What the user says when asked counts as well: an agent that asks and calls nothing gets no more.
    """
    texts = [next(filter(None, groups)) for groups in _WORDS.findall(one.task.told) if any(groups)]
    runs = [" ".join(texts[at : at + size]) for size in (1, 2, 3, 4) for at in range(len(texts) - size + 1)]
    types = one.task.answer_types
    return all(any(equal(types.get(name, {}), value, run) for run in runs) for name, value in one.sought.items())


def _random_calls(asked: Sequence[_Asked], recorded: Recorded, rng: random.Random) -> Shortcut:
    """Make as many recorded calls of the task's world and tools as it needs, and answer with values of the results."""
    solved = 0.0
    for one in asked:
        pool = recorded.callable(one.task)
        calls = max(1, int(one.task.row["min_known_calls"]))
        for _ in range(_TRIALS if pool else 0):
            chosen = rng.sample(pool, min(calls, len(pool)))
            values = [value for name in chosen for value in recorded.values(name)[:_MOST_VALUES]]
            guess = {**one.truth, **{name: _guess(one, name, values, rng) for name in one.sought}}
            solved += one.right(guess) / _TRIALS
    return Shortcut("random calls, as many as the task needs", solved, len(asked))


def _guess(one: _Asked, name: str, values: Sequence[tuple[str, str, Any]], rng: random.Random) -> Any:
    kind = one.task.answer_types.get(name, {}).get("type")
    fitting = [value for _, _, value in values if _is_number(value) or kind not in ("number", "integer")]
    return rng.choice(fitting) if fitting else None


def _is_number(value: Any) -> bool:
    try:
        as_number(value)
    except Rejected:
        return False
    return True


def _memorisers(asked: Sequence[_Asked], recorded: Recorded) -> Iterator[Shortcut]:
    """Learn from all worlds but one, answer in that one: a table of what was recorded, and the most similar prompt."""
    worlds = sorted({one.task.row["world_digest"] for one in asked})
    nearest, table, both, tried = 0, 0, 0, 0
    for world in worlds if len(worlds) > 1 else []:
        known = [one for one in asked if one.task.row["world_digest"] != world]
        facts = _facts(recorded, {name for one in known for name in _cited(one)})
        prompts = [(shingles(one.task.prompt), one) for one in known]
        for one in (one for one in asked if one.task.row["world_digest"] == world):
            by_prompt, by_table = _nearest(one, prompts), _looked_up(one, facts)
            nearest += one.right(by_prompt)
            table += one.right(by_table)
            both += one.right({**by_prompt, **by_table})
            tried += 1
    yield Shortcut("memory of other worlds: nearest prompt", nearest, tried)
    yield Shortcut("memory of other worlds: table of entities and attributes", table, tried)
    yield Shortcut("memory of other worlds: table, else nearest prompt", both, tried)


def _cited(one: _Asked) -> set[str]:
    return {call.recording_id for call in one.task.calls}


def _facts(recorded: Recorded, names: set[str]) -> dict[tuple[str, str], Any]:
    """(Entity, attribute) -> value, of everything that training recordings say under a name."""
    found: dict[tuple[str, str], Any] = {}
    for name in sorted(names):
        for entity, key, value in recorded.values(name):
            found.setdefault((fold(entity), fold(key)), value)
    return found


def _looked_up(one: _Asked, facts: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """Answer with what an entity of the prompt, or none, has under the field's name."""
    prompt = fold(one.task.told)
    entities = {entity for entity, _ in facts if entity and entity in prompt}
    answer = {}
    for name in one.truth:
        keys = (fold(name), fold(name.replace("_", " ")))
        found = [facts[place] for entity in (*sorted(entities, key=len, reverse=True), "") for place in
                 ((entity, key) for key in keys) if place in facts]  # fmt: skip
        if found:
            answer[name] = found[0]
    return answer


def _nearest(one: _Asked, prompts: Sequence[tuple[frozenset[str], _Asked]]) -> dict[str, Any]:
    """Answer with the truth of the most similar prompt: by field name, else in order."""
    own = shingles(one.task.prompt)
    best = max(prompts, key=lambda pair: jaccard(own, pair[0]), default=None)
    if best is None:
        return {}
    values = list(best[1].truth.values())
    return {name: best[1].truth.get(name, values[min(at, len(values) - 1)]) for at, name in enumerate(one.truth)}
