"""Dossiers: one thing, and what sources of several kinds say of it, each answer with a purpose of its own.

What counts is how many looks it takes, so facets are chosen by where they stand: a sheet, a letter, a history and a
database each cost a look of their own, while text files, CSV and JSON are read together.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.sampler.domain import hubs
from services.sampler.domain.asking import Asker, attribute, is_telling, said
from services.sampler.domain.comparisons import agrees, alike, code_measures
from services.sampler.domain.effort import looks
from services.sampler.domain.framing import question
from services.sampler.domain.hubs import Hub
from services.sampler.domain.meetings import books
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.relations import bare_name, is_numeric, is_whole, measures
from services.sampler.domain.selecting import aggregates, is_unique
from shared.model import logical_form as lf
from shared.model.logical_sources import CHANGED_FILE
from shared.model.values import ValueKind

Facet = Callable[[], Sequence[lf.Form]]

_WANTED, _WEIGHTS = (2, 3, 4, 5), (1, 4, 4, 3)
"""Looks that a dossier aims at."""
_MOST_FIELDS, _MOST_WEIGHTS = (4, 5), (5, 1)
"""More asks than these at once read like a form to fill in."""
_FEW_FIELDS, _FEWEST_LOOKS = 3, 2
_ONWARD, _COMPARED, _LISTED, _SEVERAL = 0.6, 0.35, 0.5, 0.35
_RECENT, _HUBS = 120, 3


def dossier(asker: Asker) -> lf.Question:
    """What a document names, or the highest row of a table, and what several sources say of it."""
    ways = (hubs.mentioned, hubs.mentioned, hubs.mentioned, hubs.highest)
    for _ in range(_HUBS):
        try:
            return _composed(asker, "dossier", [], asker.some(ways)(asker))
        # Of most things little is said: another one is tried before another family is.
        except Infeasible:
            continue
    raise Infeasible("all of it is told in one place")


def review(asker: Asker) -> lf.Question:
    """A commit: what it changed, who made it, and what else is to be known of them."""
    now = datetime.fromisoformat(asker.relations.world.frozen_now)
    day = lf.Literal((now - timedelta(days=asker.rng.randint(1, _RECENT))).date().isoformat(), ValueKind.DATE)
    hub = hubs.authored(asker) if asker.chance(_LISTED) else hubs.authored(asker, before=day)
    (author,) = {
        form for spot in hub.rows for form in lf.walk(spot.key) if isinstance(form, lf.Commit | lf.LatestCommit)
    }
    opening: list[lf.Form] = [author]
    if isinstance(author, lf.Commit) and not author.branch:
        opening = [*_changed(asker, author.path, replace(author, name=CHANGED_FILE, kind=ValueKind.PATH)), author]
    return _composed(asker, "review", opening, hub)


def _changed(asker: Asker, path: str, file: lf.Commit) -> list[lf.Form]:
    """The file, and often what stands in it."""
    if not code_measures(asker) or asker.chance(_SEVERAL):
        return [file]
    inside = (
        lf.FileNames(path, file, "functions") if asker.chance(_LISTED) else lf.FileMeasure(path, file, "line_count")
    )
    return [file, inside]


def _composed(asker: Asker, family: str, opening: list[lf.Form], hub: Hub) -> lf.Question:
    """Add facets until enough looks are needed.

    Raises:
        Infeasible: too little is known of the thing, or all of it stands in one place.
    """
    wanted = asker.rng.choices(_WANTED, _WEIGHTS)[0] + len(looks(opening)) // 2
    most = asker.rng.choices(_MOST_FIELDS, _MOST_WEIGHTS)[0]
    values, started = list(opening), hub
    for _ in range(2):
        values += _chosen(asker, hub, values, wanted, most)
        if len(values) >= most or (len(looks(values)) >= wanted and not asker.chance(_ONWARD)):
            break
        try:
            hub = hubs.onward(asker, hub)
        except Infeasible:
            break
    values = list(dict.fromkeys(values))[:most]
    # What the document says itself comes first: behind other things it would be far from it; then which row it is.
    values.sort(key=lambda value: (not isinstance(value, lf.Fact), not _names(value, started)))
    if len(values) <= max(1, len(opening)) or len(looks(values)) < _FEWEST_LOOKS:
        raise Infeasible("all of it is told in one place")
    return question(family, values, {v: 2 for v in values if isinstance(v, lf.Computed)})


def _names(value: lf.Form, hub: Hub) -> bool:
    """Tell whether a value says which row has the highest figure, or what else stands in that row."""
    found = {spot.key.entity for spot in hub.rows if isinstance(spot.key, lf.Attribute)}
    return isinstance(value, lf.Attribute) and isinstance(value.entity, lf.Extreme) and value.entity in found


def _repeats(value: lf.Form, other: lf.Form) -> bool:
    """Tell whether two values are one figure under two names: the list price here, the unit price of another list."""
    if isinstance(other, lf.Fact):
        return isinstance(value, lf.Attribute) and bare_name(value.column) == bare_name(other.key)
    if not isinstance(value, lf.Attribute) or not isinstance(other, lf.Attribute):
        return False
    same = bool(value.unit) and value.unit == other.unit and alike(value.column, other.column)
    return same and value.entity.table != other.entity.table


def _chosen(asker: Asker, hub: Hub, before: Sequence[lf.Form], wanted: int, most: int) -> list[lf.Form]:
    """Facets that stand where nothing was looked at yet; one more where all stand together."""
    # Of a row that much is asked about already, one thing more is enough.
    facets = list(_facets(asker, hub, 2 if len(before) < _FEW_FIELDS else 1))
    asker.rng.shuffle(facets)
    chosen: list[lf.Form] = []
    spare, seen = asker.chance(_SEVERAL), looks(before)
    for facet in facets:
        try:
            found = list(facet())
        except Infeasible:
            continue
        asked = (*before, *chosen)
        if any(_repeats(one, other) or _repeats(other, one) for one in found for other in asked):
            continue
        if _named(found) & _named([*before, *chosen]):
            # The price of a list and the price of a sheet may be one figure; asked for both, it is the reader's riddle.
            continue
        added = looks(found) - seen
        if len(asked) + len(found) <= most and (added or spare or not chosen):
            # Of one place, one thing more is asked at most: a list of all that it says has no purpose.
            spare = spare and bool(added)
            chosen += found
            seen |= added
        if len(seen) >= wanted:
            break
    return chosen


def _named(values: Sequence[lf.Form]) -> set[tuple[str, ...]]:
    """What cells are called, whatever table they stand in."""
    return {bare_name(value.column) for value in values if isinstance(value, lf.Attribute | lf.SheetValue)}


def _facets(asker: Asker, hub: Hub, most: int) -> Iterator[Facet]:
    rows = [spot for spot in hub.rows if _is_readable(asker, spot)]
    for spot in rows:
        row = hub.row(spot)
        yield lambda row=row: asker.attributes(row, most)  # type: ignore[misc]
    for spot in hub.groups:
        where = (lf.Condition(spot.column.name, lf.Operator.EQUAL, spot.key),)
        yield lambda spot=spot, where=where: aggregates(asker, spot.relation, where)  # type: ignore[misc]
    if hub.told:
        yield lambda: _told(asker, hub)
        yield lambda: _against(asker, hub, rows)
    yield lambda: _on_sheet(asker, hub)


def _is_readable(asker: Asker, spot: hubs.Spot) -> bool:
    """Rows of sheets are found by their first column, all others by a statement."""
    if spot.relation.table.format == "xlsx":
        return spot.column is spot.relation.world_table.columns[0]
    return asker.can_query(spot.relation)


def _told(asker: Asker, hub: Hub) -> list[lf.Form]:
    """What the document says besides."""
    fact = asker.some([f for f in hub.told if measures(f) or (f.kind is ValueKind.DATE and f.key.lower() != "date")])
    return [said(fact, asker.relations)]


def _against(asker: Asker, hub: Hub, rows: Sequence[hubs.Spot]) -> list[lf.Form]:
    """What the document says of it held against what a table says of it."""
    pairs: list[tuple[Any, Any, str]] = [
        (attribute(hub.row(spot), column), said(fact, asker.relations), fact.unit)
        for fact in hub.told
        if is_numeric(fact) and fact.unit
        for spot in rows
        for column in spot.relation.measures
        if column.unit == fact.unit and alike(column.name, fact.key) and not agrees(fact, column)
    ]
    one, other, unit = asker.some(pairs)
    return [lf.Computed(lf.Operation.DIFFERENCE, (one, other), ValueKind.QUANTITY, unit)]


def _on_sheet(asker: Asker, hub: Hub) -> list[lf.Form]:
    """What stands of it on one of several sheets that are alike."""
    sheets = asker.some(books(asker))
    first = sheets[0]
    keys = [
        (reference.column.name, key)
        for reference in asker.relations.references
        if reference.source is first
        and all(is_unique(one.columns[reference.column.name], one) for one in sheets)
        and (key := hub.key(reference.target, reference.key)) is not None
    ]
    by, key = asker.some(keys)
    # A name that is known stands on some of the sheets only.
    text = next((f.text for f in asker.relations.facts if key == said(f, asker.relations)), "")
    sheet = asker.some([one for one in sheets if not text or text in one.columns[by].samples])
    column = asker.some([c for c in first.measures if c.name != by and (is_telling(c) or is_whole(c))])
    named = lf.Literal(sheet.table.name, ValueKind.NAME)
    found = (tuple(one.table for one in sheets), named, by, key)
    return [lf.SheetValue(*found, column.name, column.kind, column.unit)]
