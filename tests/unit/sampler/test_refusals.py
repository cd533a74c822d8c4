"""Questions without an answer over a built world: the whole sheet is read that does not hold what is asked."""

import json

import pytest

from services.crawler.adapters.world_files import inspect_world
from services.sampler.domain.asking import Asker
from services.sampler.domain.capabilities import toolbox
from services.sampler.domain.drawing import generator, plan_question
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.refusals import unplaced
from services.sampler.domain.relations import relations_of
from shared.model import logical_form as lf
from shared.model.graphs import Parameter
from shared.model.values import ValueKind
from tests.fakes.worlds import DIGEST, a_node, a_parameter, nodes
from worlds.builder import build

SHEETS = a_node(
    0,
    "grid",
    "cells",
    "Read the cells of a sheet",
    (
        a_parameter("path", ValueKind.PATH),
        a_parameter("sheet", ValueKind.SHEET),
        Parameter("/range", "range", ValueKind.CELL_RANGE, "string", False),
    ),
)
FIND = a_node(
    0,
    "grid",
    "seek",
    "Find cells by their value",
    (
        a_parameter("path", ValueKind.PATH),
        Parameter("/sheet", "sheet", ValueKind.SHEET, "string", False),
        a_parameter("query", ValueKind.FREE_TEXT),
    ),
)
TOOLS = toolbox((*nodes(), SHEETS, FIND))


@pytest.fixture(scope="module")
def relations(tmp_path_factory):
    folder = build(5, 1, tmp_path_factory.mktemp("world") / "world")
    world = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    return relations_of(inspect_world(folder / "files", DIGEST, world["name"], world["now"]))


def drawn(relations, count=60):
    for seed in range(count):
        rng = generator(seed, "refusals", 0)
        try:
            question = unplaced(Asker(rng, relations, TOOLS))
            yield question, plan_question(rng, TOOLS, relations, question)
        except Infeasible:
            continue


def called(relations, form):
    """What the products list says that a named product is called, and the numbers on the sheet that is meant."""
    products = next(r for r in relations.relations if r.table == form.entity.table)
    row = products.columns[form.entity.column].samples.index(form.entity.key.text)
    return products.columns[form.column].samples[row]


def test_half_of_them_have_an_answer(relations):
    refusing = [question.missing is not None for question, _ in drawn(relations)]
    assert 0.3 < sum(refusing) / len(refusing) < 0.7


def test_what_is_missing_is_on_no_row_of_the_sheet_and_its_twin_is(relations):
    for question, _ in drawn(relations):
        form = question.fields[0].value
        site = next(f.text for f in relations.facts if (f.path, f.key) == (form.sheet.path, form.sheet.key))
        sheet = next(r for r in relations.relations if r.table in form.tables and r.table.name == site)
        there = sheet.columns[form.by].samples
        if question.missing is None:
            assert called(relations, form.key) in there
            continue
        assert form.key == question.missing
        assert called(relations, question.missing) not in there
        assert called(relations, question.twin) in there


def test_whole_sheet_that_the_document_names_is_read(relations):
    plans = [(question, calls) for question, calls in drawn(relations) if question.missing is not None]
    assert plans
    for question, calls in plans:
        last = calls[-1]
        meaning = json.loads(last.meaning_json)
        read = next(call for call in calls if call.call_id == meaning["absence"]["rows"]["call"])
        assert json.loads(read.arguments_json)["sheet"] is None
        assert "range" not in json.loads(read.arguments_json)
        assert [flow.argument for flow in read.inputs] == ["/sheet"]
        # What is looked for in vain flows into no call: nothing has to be called that cannot answer.
        assert meaning["absence"]["name"]["call"] not in {flow.source_call_id for flow in read.inputs}
        assert lf.from_json(meaning["question"]) == question
