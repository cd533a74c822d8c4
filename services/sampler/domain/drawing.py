"""One draw: a question over a world, or a walk over the graph; shapes drawn often give way to others."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from services.sampler.domain import changes, refusals, walks
from services.sampler.domain.asking import Asker
from services.sampler.domain.capabilities import Toolbox, toolbox
from services.sampler.domain.effort import effort
from services.sampler.domain.plan import Infeasible, Plan
from services.sampler.domain.questions import ask
from services.sampler.domain.realising import Realiser
from services.sampler.domain.relations import Relations, has_rival, has_twin, relations_of
from services.sampler.domain.shapes import shape_of, signature_of
from services.sampler.domain.topics import topics_of
from shared.model import logical_form as lf
from shared.model.catalogue import WorldRecord
from shared.model.graphs import ToolNode
from shared.model.sub_dags import PlannedCall
from shared.proof.canonical import sha256_text

POLICY = "relational-1"
_TRIES, _PATIENT = 60, 45
_MOST_CALLS = 10
# No shape may be more than 8 % of the tasks, and shapes pass the gates unequally.
_SHAPE_SHARE = 0.045
_SHAPE_FREE = 3
_EFFORTS = {1: 0.1, 2: 0.25, 3: 0.33, 4: 0.24, 5: 0.15}
"""The most of all draws that may need so many calls; together over one, as deep ones are rarer and fail more often."""
_WALKS_FIRST = 0.2
_WALKS_LATER = 0.06
_FIRST_EPOCHS = 2


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw is made of, before it has a place in an epoch."""

    world_digest: str
    calls: tuple[PlannedCall, ...]
    shape: str
    signature: str
    policy: str


@dataclass(frozen=True, slots=True)
class Known:
    """What draws have been so far."""

    draws: int
    shapes: Mapping[str, int]
    tools: Mapping[str, int]
    signatures: frozenset[str] | set[str]
    efforts: Mapping[int, int]
    """Questions by the calls that they are known to need."""
    topics: frozenset[str] | set[str] = frozenset()
    """What was asked about (`topics.py`)."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What draws are made from: one graph version and the worlds."""

    nodes: tuple[ToolNode, ...]
    worlds: tuple[WorldRecord, ...]

    def tools(self) -> Toolbox:
        """Abilities of the nodes."""
        return toolbox(self.nodes)


def generator(seed: int, lane: str, counter: int) -> random.Random:
    """The randomness of one draw."""
    # A generator per counter: how many numbers an earlier draw took must not move this one.
    return random.Random(int(sha256_text(f"{seed}/{lane}/{counter}")[:16], 16))


def draw(ground: Ground, known: Known, seed: int, counter: int, epoch: int) -> Drawn | None:
    """Draw something not drawn before; None when nothing can be drawn at all."""
    rng = generator(seed, "draws", counter)
    abilities = ground.tools()
    # Questions need proven tools, and walks are what proves them: more of them while the graph knows little.
    share = _WALKS_FIRST if epoch < _FIRST_EPOCHS else _WALKS_LATER
    kinds = ["walk", "question"] if rng.random() < share else ["question", "walk"]
    for kind in kinds:
        best: Drawn | None = None
        for attempt in range(_TRIES):
            try:
                drawn = _walk(rng, ground, known) if kind == "walk" else _question(rng, ground, abilities)
            except Infeasible:
                continue
            # The same calls again would be the same task, which the publish gate would refuse as a duplicate.
            if drawn.signature in known.signatures:
                continue
            if _is_welcome(drawn, known, ground, attempt):
                return drawn
            # What is over its share is still better than no draw: counters have no gaps.
            best = drawn if best is None else min((best, drawn), key=lambda d: known.shapes.get(d.shape, 0))
        if best is not None:
            return best
    return None


def _is_old(drawn: Drawn, known: Known, ground: Ground) -> bool:
    """Tell whether all that is asked for was asked for before, of the same rows."""
    world = next((one for one in ground.worlds if one.world_digest == drawn.world_digest), None)
    topics = topics_of(world, drawn.calls)
    return bool(topics) and topics <= known.topics


def _is_welcome(drawn: Drawn, known: Known, ground: Ground, attempt: int) -> bool:
    """Refuse shapes and efforts that are over their share, the latter for most of the tries, and old topics."""
    if known.shapes.get(drawn.shape, 0) >= _SHAPE_FREE + _SHAPE_SHARE * known.draws:
        return False
    if attempt < _PATIENT and drawn.policy == POLICY:
        needed = effort(drawn.calls)
        if known.efforts.get(needed, 0) > _EFFORTS.get(needed, 1) * known.draws + 1:
            return False
    return not _is_old(drawn, known, ground)


def _question(rng: random.Random, ground: Ground, abilities: Toolbox) -> Drawn:
    # Sorted: worlds come in the order in which they were crawled.
    world = rng.choice(sorted(ground.worlds, key=lambda record: record.world_digest)) if ground.worlds else None
    if world is None:
        raise Infeasible("no world")
    relations = relations_of(world)
    question = ask(Asker(rng, relations, abilities))
    return finish(world.world_digest, plan_question(rng, abilities, relations, question), POLICY)


def plan_question(
    rng: random.Random, abilities: Toolbox, relations: Relations, question: lf.Question
) -> tuple[PlannedCall, ...]:
    """Plan the calls that answer a question.

    Raises:
        Infeasible: the tools at hand cannot.
    """
    realiser = Realiser(rng, abilities, relations)
    realiser.prepare(question)
    shown = refusals.evidence(realiser, question) if question.missing else {"citations": _citations(realiser, question)}
    if question.change is not None:
        changes.make(realiser, question.change)
    plan: Plan = realiser.plan
    if not 0 < len(plan.calls) <= _MOST_CALLS:
        raise Infeasible("too many calls")
    return plan.finish({"question": lf.to_json(question), "tables": _tables(relations, question), **shown})


def _citations(realiser: Realiser, question: lf.Question) -> list[dict[str, object]]:
    return [
        {
            "field": field.key,
            "sources": [{"call": source.call_id, "find": source.find} for source in answer.sources],
            "transforms": list(answer.transforms),
        }
        for field in question.fields
        for answer in (realiser.answer(field),)
    ]


def _tables(relations: Relations, question: lf.Question) -> list[dict[str, object]]:
    """What the words need to know of the tables: which columns name rows, and whether the file must be named."""
    forms = lf.walk(question)
    asked: dict[lf.Table, set[str]] = {}
    for form in forms:
        if isinstance(form, lf.Extreme | lf.Aggregate):
            asked.setdefault(form.table, set()).add(form.column)
        elif isinstance(form, lf.Attribute):
            asked.setdefault(form.entity.table, set()).add(form.column)
    return [
        {
            "table": lf.to_json(relation.table),
            "keys": [key.name for key in relation.keys],
            "named": has_rival(relations, relation, asked[relation.table]) or has_twin(relations, relation),
        }
        for relation in relations.relations
        if relation.table in asked
    ]


def _walk(rng: random.Random, ground: Ground, known: Known) -> Drawn:
    world, calls = walks.walk(rng, ground.nodes, ground.worlds, known.tools)
    return finish(world, calls, walks.POLICY)


def finish(world_digest: str, calls: tuple[PlannedCall, ...], policy: str) -> Drawn:
    """Give a plan its shape and signature."""
    return Drawn(world_digest, calls, shape_of(calls), signature_of(world_digest, calls), policy)
