"""Families about a repository: who committed, what a commit changed, what a branch would change."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.sampler.domain.asking import Asker, attribute, is_telling, said
from services.sampler.domain.comparisons import code_measures
from services.sampler.domain.framing import question
from services.sampler.domain.relations import is_numeric
from shared.model import logical_form as lf
from shared.model.catalogue import WorldFact
from shared.model.logical_sources import CHANGED_FILE
from shared.model.values import ValueKind
from shared.proof.arithmetic import as_number
from shared.proof.units import dimension
from shared.proof.words import words

_DATED, _LISTED, _APPLIED = 0.6, 0.6, 0.5
_MEASURES = ("line_count",)
_RECENT = 120


def history(asker: Asker) -> lf.Question:
    """Who made the newest commit of a branch, and something about them."""
    people = [r for r in asker.relations.relations if any(c.kind is ValueKind.EMAIL for c in r.world_table.columns)]
    entity = asker.committed(asker.some(people))
    return question("history", [entity.key, *asker.attributes(entity, 2)])


def changed_code(asker: Asker) -> lf.Question:
    """The file that a commit changed, and what stands in it."""
    repository = asker.repository()
    day = _day(asker) if asker.chance(_DATED) else None
    file = lf.Commit(repository, CHANGED_FILE, ValueKind.PATH, before=day)
    if asker.chance(_LISTED):
        return question("changed_code", [file, lf.FileNames(repository, file, "functions")])
    name = asker.some([name for name in _MEASURES if name in code_measures(asker)])
    return question("changed_code", [file, lf.FileMeasure(repository, file, name)])


def branch_change(asker: Asker) -> lf.Question:
    """What a branch proposes, against what a document says, or applied to a price."""
    fact, value = asker.some(list(_proposals(asker)))
    share = as_number(fact.text)
    if not fact.unit and share is not None and 0 < share < 1 and asker.chance(_APPLIED):
        return _applied(asker, value)
    told = said(fact, asker.relations)
    # Of a share, percent and percentage points are two answers; only amounts are compared in percent.
    operation = asker.some((lf.Operation.DIFFERENCE, lf.Operation.PERCENT_CHANGE)[: 2 if fact.unit else 1])
    changes = operation is lf.Operation.PERCENT_CHANGE
    operands = (told, value) if changes else (value, told)
    form = lf.Computed(operation, operands, value.kind, "percent" if changes else value.unit)
    return question("branch_change", [value, form], decimals={form: 2})


def _applied(asker: Asker, value: lf.BranchValue) -> lf.Question:
    priced = [
        (r, c)
        for r in asker.relations.relations
        for c in r.measures
        if "price" in words(c.name) and dimension(c.unit).startswith("currency") and is_telling(c) and r.keys
    ]
    relation, column = asker.some(priced)
    operands = (attribute(asker.named(relation), column), value)
    form = lf.Computed(lf.Operation.PRODUCT, operands, ValueKind.QUANTITY, column.unit)
    return question("branch_change", [form], decimals={form: 2})


def _proposals(asker: Asker) -> Iterator[tuple[WorldFact, lf.BranchValue]]:
    """Documents' numbers that a branch is named after: whether it changes them, executing shows."""
    for path, branch in asker.branches():
        for fact in asker.relations.facts:
            if is_numeric(fact) and words(fact.key)[:1] == words(branch)[:1]:
                name = "_".join(words(fact.key)).upper()
                yield fact, lf.BranchValue(path, branch, name, fact.key, ValueKind.NUMBER, fact.unit)


def _day(asker: Asker) -> lf.Form:
    """A recent day: before older ones there may be no commit yet."""
    now = datetime.fromisoformat(asker.relations.world.frozen_now)
    day = now - timedelta(days=asker.rng.randint(1, _RECENT))
    return lf.Literal(day.date().isoformat(), ValueKind.DATE)
