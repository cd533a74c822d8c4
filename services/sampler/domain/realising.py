"""From forms to calls: every leaf is read by a tool chosen at random among those that can."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.sampler.domain import computing, documents, repositories, rows, sheets
from services.sampler.domain.capabilities import Ability, Skill, Toolbox
from services.sampler.domain.plan import Answer, Found, Infeasible, Plan, cite, literal
from services.sampler.domain.relations import Relation, Relations
from shared.model import logical_form as lf


@dataclass(slots=True)
class Realiser:
    """Builds one plan; equal forms are read once, so that branches share calls."""

    rng: random.Random
    toolbox: Toolbox
    relations: Relations
    plan: Plan = field(default_factory=Plan)
    wanted: dict[Any, tuple[str, ...]] = field(default_factory=dict)
    """Columns that the question needs of each row."""
    flowing: set[Any] = field(default_factory=set)
    """Forms whose value a later call needs: it must be possible to pass it on."""
    together: dict[Any, tuple[lf.Aggregate, ...]] = field(default_factory=dict)
    """Values made of the same rows, which one statement gives."""
    rows: dict[Any, Callable[[str], Found]] = field(default_factory=dict)
    _known: dict[Any, Found] = field(default_factory=dict)

    def prepare(self, question: lf.Question) -> None:
        """Note which columns of which rows are needed, and which values flow."""
        for form in lf.walk(question):
            if isinstance(form, lf.Attribute):
                columns = self.wanted.get(form.entity, ())
                self.wanted[form.entity] = tuple(dict.fromkeys((*columns, form.column)))
            # What only stands in the answer or in arithmetic may be
            # cited; everything else is an argument of a later call.
            if not isinstance(form, lf.Question | lf.Field | lf.Attribute | lf.Computed):
                self.flowing.update(inner for inner in lf.parts(form) if not isinstance(inner, lf.Literal))
            if isinstance(form, lf.Aggregate):
                group = (form.table, form.where)
                self.together[group] = tuple(dict.fromkeys((*self.together.get(group, ()), form)))
        for form in list(self.flowing):
            if isinstance(form, lf.Condition):
                self.flowing.add(form.value)
            if isinstance(form, lf.Several):
                self.flowing.update(form.of)

    def value(self, form: Any) -> Found:
        """Make the calls that compute a form and say where its value will stand.

        Raises:
            Infeasible: no tool can, or the value would have to flow but can only be cited.
        """
        if form not in self._known:
            self._known[form] = self._make(form)
        return self._known[form]

    def answer(self, field_: lf.Field) -> Answer:
        """Make the calls for one answer field and say how it is cited."""
        rounding = ({"name": "round", "args": {"digits": field_.decimals}},) if field_.decimals >= 0 else ()
        if isinstance(field_.value, lf.Computed):
            cited = computing.computed_answer(self, field_.value)
        elif isinstance(field_.value, lf.Aggregate):
            cited = rows.aggregate_answer(self, field_.value)
        else:
            cited = cite(self.value(field_.value))
        return Answer(cited.sources, (*cited.transforms, *rounding))

    def choose(self, *skills: Skill) -> tuple[Ability, ...]:
        """List abilities of the skills in a random order."""
        found = [ability for skill in skills for ability in self.toolbox.having(skill)]
        # In the fixed order one server would do all the reading, and the others would never be in a task.
        self.rng.shuffle(found)
        return tuple(found)

    def one(self, *skills: Skill) -> Ability:
        """Choose an ability.

        Raises:
            Infeasible: no tool has it.
        """
        found = self.choose(*skills)
        if not found:
            raise Infeasible(f"no tool for {skills}")
        return found[0]

    def relation(self, table: lf.Table) -> Relation:
        """Find the relation of a table."""
        return next(relation for relation in self.relations.relations if relation.table == table)

    def _make(self, form: Any) -> Found:
        if isinstance(form, lf.Several):
            raise Infeasible("several values are bound one by one")
        if isinstance(form, lf.Literal):
            return literal(form.text, form.kind)
        maker = _MAKERS.get(type(form))
        if maker is None:
            raise Infeasible(f"nothing computes {type(form).__name__}")
        return maker(self, form)


_MAKERS: dict[type, Callable[[Any, Any], Found]] = {
    lf.Attribute: rows.attribute,
    lf.Aggregate: rows.aggregate,
    lf.Fact: documents.fact,
    lf.DocumentProperty: documents.document_property,
    lf.SheetValue: sheets.sheet_value,
    lf.LatestCommit: repositories.latest_commit,
    lf.BranchValue: repositories.branch_value,
    lf.CodeMeasure: repositories.code_measure,
    lf.Commit: repositories.commit,
    lf.FileMeasure: repositories.code_measure,
    lf.FileNames: repositories.file_names,
    lf.Converted: computing.converted,
    lf.LocalTime: computing.local_time,
    lf.Computed: computing.computed,
}
