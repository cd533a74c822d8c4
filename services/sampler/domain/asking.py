"""Drawing the pieces of questions: entities, conditions, quantities, from what a world's relations show."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

from services.sampler.domain.capabilities import Skill, Toolbox
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.relations import Mention, Reference, Relation, Relations, is_numeric, is_whole
from services.sampler.domain.statements import names_files, names_tables
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn, WorldFact
from shared.model.values import ValueKind
from shared.proof.kinds import classify
from shared.proof.units import dimension, find_unit, same_dimension

T = TypeVar("T")
COMMON_UNITS = frozenset(
    "kg g lb oz C F m cm km ft in mi l ml gal min h day week kWh MJ m2 ft2 bar psi km/h mph".split()  # noqa: SIM905
)
_PROPERTIES = ("author", "creator", "last modified by")
_GUESSABLE = 5
_FEW = 4
_NAMED = 0.7
_DISTINCT = 0.6
_ENOUGH = 4
_SURE = 0.85


@dataclass(frozen=True, slots=True)
class Asker:
    """Draws forms; every draw is a function of the generator's state."""

    rng: random.Random
    relations: Relations
    toolbox: Toolbox

    def some(self, items: Sequence[T]) -> T:
        """Choose one.

        Raises:
            Infeasible: there is none.
        """
        if not items:
            raise Infeasible("nothing to choose from")
        return self.rng.choice(list(items))

    def chance(self, probability: float) -> bool:
        """Toss a coin."""
        return self.rng.random() < probability

    def named(self, relation: Relation) -> lf.Keyed:
        """A row that the question names, by its name more often than by its number."""
        column = relation.keys[-1] if relation.keys and self.chance(_NAMED) else self.some(relation.keys[:1])
        return lf.Keyed(relation.table, column.name, lf.Literal(self.some(column.samples), column.kind))

    def extreme(self, relation: Relation) -> lf.Extreme:
        """The row with the highest or lowest value of a measure."""
        rows = relation.world_table.row_count
        sure = [c for c in relation.measures if c.distinct == rows]
        near = [c for c in relation.measures if c.distinct >= _DISTINCT * rows]
        by = self.some(sure if sure and self.chance(_SURE) else near)
        # Among a few rows the highest is no question, and a category that nearly all rows share removes nothing.
        broad = [c for c in relation.categories if rows >= _ENOUGH * c.distinct]
        where = (self.category(relation),) if broad and self.chance(0.35) else ()
        return lf.Extreme(relation.table, by.name, self.some(list(lf.Direction)), where)

    def category(self, relation: Relation) -> lf.Condition:
        """A condition that many rows meet."""
        column = self.some(relation.categories)
        return lf.Condition(column.name, lf.Operator.EQUAL, lf.Literal(self.some(column.samples), column.kind))

    def period(self, relation: Relation) -> lf.Condition:
        """Rows from a date on, or before it."""
        column = self.some([column for column in relation.dates if len(column.samples) > _FEW])
        # Not the ends: before the first day there is no row, since the first day there are all.
        inner = sorted(column.samples)[1:-1]
        operator = self.some((lf.Operator.SINCE, lf.Operator.BEFORE))
        return lf.Condition(column.name, operator, lf.Literal(self.some(inner), column.kind))

    def mentioned(self, mention: Mention) -> lf.Keyed:
        """The row that a document names."""
        return lf.Keyed(mention.relation.table, mention.column.name, said(mention.fact, self.relations))

    def mention(self, mentions: Sequence[Mention], relation: Relation | None = None) -> Mention:
        """Choose a mention, kinds of document evenly.

        Raises:
            Infeasible: no document mentions such a row.
        """
        fitting = [m for m in mentions if relation is None or m.relation is relation]
        # By kind first: notes are far more numerous than contracts, and would crowd them out.
        suffix = self.some(sorted({PurePosixPath(m.fact.path).suffix for m in fitting}))
        return self.some([m for m in fitting if PurePosixPath(m.fact.path).suffix == suffix])

    def hidden(self, relation: Relation, depth: int = 1, *, linked: bool = False) -> lf.Row:
        """A row that the question describes: what a document names, what another row refers to, an extreme."""
        ways: list[Callable[[], lf.Row]] = [lambda: self.mentioned(self.mention(self.relations.mentions, relation))] * 3
        if depth > 0:
            ways += [lambda: self.referred(relation, depth - 1)] * 2
            ways.append(lambda: self.committed(relation))
        if not linked:
            ways.append(lambda: self.extreme(relation))
        self.rng.shuffle(ways)
        for way in ways:
            try:
                return way()
            except Infeasible:
                continue
        raise Infeasible("no description of a row")

    def referred(self, relation: Relation, depth: int) -> lf.Keyed:
        """The row that a column of another row names."""
        reference = self.some([r for r in self.relations.references if r.target is relation])
        source = reference.source
        return self.follow(reference, self.hidden(source, 0, linked=True) if depth > 0 else self.named(source))

    def committed(self, relation: Relation, before: lf.Form | None = None) -> lf.Keyed:
        """The row of whoever made the newest commit, or the newest of those before a day."""
        people = [key for key in relation.keys if key.kind is ValueKind.NAME]
        columns = relation.world_table.columns
        authors = {f.text for f in self.relations.world.facts if f.key.lower() in _PROPERTIES}
        if not any(c.kind is ValueKind.EMAIL for c in columns) or not any(authors & set(key.samples) for key in people):
            raise Infeasible("not people who write")
        return lf.Keyed(relation.table, self.some(people).name, self._author(before))

    def _author(self, before: lf.Form | None) -> lf.Form:
        path, branch = self.repository(), ""
        if before is not None:
            return lf.Commit(path, "Author", ValueKind.NAME, before=before)
        if self.toolbox.having(Skill.SHOW_REVISION) and self.chance(0.6):
            path, branch = self.some([*self.branches(), (path, "")])
        if branch:
            return lf.Commit(path, "Author", ValueKind.NAME, branch)
        return lf.LatestCommit(path, "Author", ValueKind.NAME)

    def branches(self) -> list[tuple[str, str]]:
        """Repositories with branches that are not checked out."""
        found = [f for f in self.relations.world.facts if f.key == "branch" and f.path.endswith("/.git/HEAD")]
        return [(fact.path.removesuffix("/.git/HEAD"), fact.text) for fact in found]

    def repository(self) -> str:
        """A folder under version control."""
        if not self.toolbox.having(Skill.LOG):
            raise Infeasible("no tool reads history")
        heads = [file.path for file in self.relations.world.files if file.path.endswith("/.git/HEAD")]
        return self.some(heads).removesuffix("/.git/HEAD")

    def follow(self, reference: Reference, entity: lf.Row) -> lf.Keyed:
        """The row that a column of this row names."""
        # The value that the chain would have to find stands in the question.
        if reference.column.name in told_columns(entity):
            raise Infeasible("the question says it already")
        key = lf.Attribute(entity, reference.column.name, kind_of(reference.column))
        return lf.Keyed(reference.target.table, reference.key.name, key)

    def entity(self, relation: Relation, depth: int) -> lf.Row:
        """Any row, described or named."""
        if self.chance(0.55):
            try:
                return self.hidden(relation, depth)
            except Infeasible:
                pass
        return self.extreme(relation) if relation.measures and self.chance(0.4) else self.named(relation)

    def described(self, depth: int) -> lf.Row:
        """A row of any relation that a document or another row leads to."""
        named = [mention.relation for mention in self.relations.mentions]
        named += [reference.target for reference in self.relations.references]
        paths = sorted({(relation.table.path, relation.table.name) for relation in named})
        # By table, not by mention: a table with many mentions would otherwise be asked about most.
        path = self.some(paths)
        relation = next(r for r in self.relations.relations if (r.table.path, r.table.name) == path)
        return self.hidden(relation, depth, linked=True)

    def relation(self, entity: lf.Row) -> Relation:
        """The relation of a row."""
        return next(r for r in self.relations.relations if r.table == entity.table)

    def attributes(self, entity: lf.Row, most: int) -> list[lf.Attribute]:
        """Columns to ask for: one telling one first, then others."""
        relation, told = self.relation(entity), told_columns(entity)
        used = {entity.column} if isinstance(entity, lf.Keyed) or not relation.keys else set()
        if isinstance(entity, lf.Keyed) and not isinstance(entity.key, lf.Literal):
            used |= {key.name for key in relation.keys}
        asked = [c for c in relation.attributes if c.name not in told | used and not self._is_said(entity, c)]
        telling = [c for c in asked if is_telling(c)]
        named = isinstance(entity, lf.Extreme) and bool(relation.keys)
        first = relation.keys[-1] if named else self.some(telling)
        rest = [c for c in asked if c is not first]
        self.rng.shuffle(rest)
        chosen = [first, *rest[: self.rng.randint(0, most - 1)]]
        return [attribute(entity, c) for c in relation.world_table.columns if c in chosen]

    def _is_said(self, entity: lf.Row, column: WorldColumn) -> bool:
        """Tell whether the document that leads to the row may say the value itself, under another label."""
        leading = {form.path for form in lf.walk(entity) if isinstance(form, lf.Fact)}
        said = {fact.text for fact in self.relations.facts if fact.path in leading}
        return column.kind in (ValueKind.NAME, ValueKind.EMAIL) and bool(said & set(column.samples))

    def quantity(self, depth: int) -> tuple[lf.Form, str]:
        """A quantity and its unit, which a tool at hand converts."""
        facts = [f for f in self.relations.facts if self.units_for(f.unit)]
        relations = [r for r in self.relations.relations if any(self.units_for(c.unit) for c in r.measures)]
        if facts and (not relations or self.chance(0.25)):
            fact = self.some(facts)
            return said(fact, self.relations), fact.unit
        relation = self.some(relations)
        column = self.some([c for c in relation.measures if self.units_for(c.unit)])
        if self.chance(0.3):
            function = self.some((lf.Function.MEAN, lf.Function.MAX, lf.Function.MIN))
            where = (self.category(relation),) if relation.categories else ()
            return lf.Aggregate(relation.table, function, column.name, where, column.kind, column.unit), column.unit
        return attribute(self.entity(relation, depth), column), column.unit

    def can_query(self, relation: Relation) -> bool:
        """Tell whether a statement reads the rows, so that found values can select among them."""
        if names_files(relation.table):
            return not relation.world_table.pointer and bool(self.toolbox.having(Skill.QUERY_FILES))
        return names_tables(relation.table) and bool(self.toolbox.having(Skill.QUERY_TABLES))

    def units_for(self, unit: str) -> list[str]:
        """Common units that some tool converts this one to."""
        if not unit or dimension(unit) in ("", "time") or unit not in COMMON_UNITS:
            return []
        known = {find_unit(text) for ability in self.toolbox.having(Skill.CONVERT_UNIT) for text in ability.detail}
        return sorted(u for u in known & COMMON_UNITS if unit in known and u != unit and same_dimension(u, unit))


def attribute(entity: lf.Row, column: WorldColumn) -> lf.Attribute:
    """Ask for a column of a row."""
    return lf.Attribute(entity, column.name, kind_of(column), column.unit)


def said(fact: WorldFact, relations: Relations) -> lf.Fact | lf.DocumentProperty:
    """What a document says, as text or in its properties."""
    handle = relations.documents[fact.path]
    if fact.key.lower().replace("_", " ") in _PROPERTIES:
        return lf.DocumentProperty(fact.path, handle.title, fact.key, fact.kind, handle.dated)
    return lf.Fact(fact.path, handle.title, fact.key, fact.kind, fact.unit, handle.dated)


def kind_of(column: WorldColumn) -> ValueKind:
    """The kind that a value of the column has when it stands alone."""
    kinds = Counter(classify(sample, column.name)[0] for sample in column.samples)
    return kinds.most_common(1)[0][0] if kinds else column.kind


def told_columns(entity: lf.Row) -> set[str]:
    """Columns whose value the question states for this row."""
    if isinstance(entity, lf.Keyed):
        return {entity.column} if isinstance(entity.key, lf.Literal) else set()
    return {condition.column for condition in entity.where}


def is_telling(column: WorldColumn) -> bool:
    """Tell whether a value of the column can hardly be guessed."""
    if is_numeric(column):
        return not is_whole(column) or any(len(sample.lstrip("-")) > 2 for sample in column.samples)  # noqa: PLR2004
    return column.distinct >= _GUESSABLE and column.kind is not ValueKind.ENUM_MEMBER
