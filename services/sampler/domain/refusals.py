"""Questions that have no answer, and the calls that show it: the whole place is read in which it would stand."""

from collections.abc import Mapping
from typing import Any

from services.sampler.domain.asking import Asker
from services.sampler.domain.capabilities import Skill
from services.sampler.domain.meetings import place, placed_question, standing
from services.sampler.domain.plan import MOUNT, Infeasible, argument_of
from services.sampler.domain.ports import Realising
from services.sampler.domain.relations import Relation
from shared.model import logical_form as lf
from shared.proof.canonical import canonical

_TWIN = 0.5


def unplaced(asker: Asker) -> lf.Question:
    """What a sheet says of a thing that has no row there; as often what it says of one that has.

    Both are drawn by one family, so that neither the words nor how often they occur tell them apart.
    """
    where = place(asker)
    if len(where.there) < where.rows:
        raise Infeasible("not every row of the sheet is known")
    there, missing = (standing(asker, where, there=one) for one in (True, False))
    # A literal: the name that an agent has to find out would stand in the question.
    if not isinstance(there, lf.Attribute) or not isinstance(missing, lf.Attribute):
        raise Infeasible("the question would name what is missing")
    if asker.chance(_TWIN):
        return placed_question(where, there)
    asked = placed_question(where, missing)
    return lf.Question(asked.family, asked.fields, missing, there)


def evidence(realiser: Realising, question: lf.Question) -> Mapping[str, Any]:
    """Make the calls that show that there is no answer: `absence`, and `citations` that show that the twin has one.

    Raises:
        Infeasible: the tools at hand cannot, or no such place can be read whole.
    """
    form = question.fields[-1].value
    if not isinstance(form, lf.SheetValue) or not isinstance(form.sheet, lf.Fact):
        raise Infeasible(f"nothing shows that a {type(form).__name__} is missing")
    name = realiser.value(form.key)
    sheet = _sheet(realiser, form, form.sheet)
    call = _read(realiser, form)
    where = [[form.by, str(lf.Operator.EQUAL), _called(realiser, question.twin)]]
    shown = {"sources": [{"call": call, "find": canonical({"column": form.column, "where": where})}], "transforms": []}
    columns = [column.name for column in sheet.world_table.columns]
    rows = {"call": call, "find": canonical({"rows": columns, "count": sheet.world_table.row_count})}
    return {
        "citations": [{"field": question.fields[-1].key, **shown}],
        "absence": {"rows": rows, "name": {"call": name.call_id, "find": name.find}, "by": form.by},
    }


def _read(realiser: Realising, form: lf.SheetValue) -> str:
    """Read the whole sheet that was found."""
    reader = realiser.one(Skill.READ_SHEET)
    named, inputs = argument_of(realiser.value(form.sheet), reader.argument("sheet"))
    path = f"{MOUNT}/{form.tables[0].path}"
    arguments = {reader.argument("path"): path, reader.argument("sheet"): named}
    return realiser.plan.add(reader.node, arguments, form, inputs=inputs)


def _sheet(realiser: Realising, form: lf.SheetValue, named: lf.Fact) -> Relation:
    """The sheet that the document names, as a look at the world shows it."""
    said = [f.text for f in realiser.relations.facts if (f.path, f.key) == (named.path, named.key)]
    found = [realiser.relation(table) for table in form.tables if table.name in said]
    if len(found) != 1:
        raise Infeasible("no sheet of that name")
    return found[0]


def _called(realiser: Realising, twin: Any) -> str:
    """What the sheet calls the twin."""
    relation = realiser.relation(twin.entity.table)
    row = relation.row_of(twin.entity.column, twin.entity.key.text)
    samples = relation.columns[twin.column].samples
    if row is None or row >= len(samples):
        raise Infeasible("nobody knows what the sheet calls it")
    return samples[row]
