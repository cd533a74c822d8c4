"""Tasks that change something: drawn where values are written in one way, planned with proven writers."""

import json
from dataclasses import replace

import pytest

from services.sampler.domain.asking import Asker
from services.sampler.domain.capabilities import Skill, toolbox
from services.sampler.domain.changes import noted
from services.sampler.domain.drawing import generator, plan_question
from services.sampler.domain.effort import effort
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.questions import chain, lookup, totals
from services.sampler.domain.relations import relations_of
from shared.model import logical_form as lf
from shared.model.catalogue import Behaviour, Effect
from shared.model.values import ValueKind
from tests.fakes.worlds import a_node, a_parameter, nodes, world

WRITE = a_node(
    0,
    "desk",
    "put",
    "Create a new file or overwrite an existing file with new content",
    (a_parameter("path", ValueKind.PATH), a_parameter("content", ValueKind.FREE_TEXT)),
)
PROVEN = replace(WRITE, behaviour=Behaviour(Effect.WORLD))
RELATIONS = relations_of(world())
TOOLS = toolbox((*nodes(), PROVEN))


def drawn(family=None, count=80, tools=TOOLS):
    for seed in range(count):
        rng = generator(seed, "changes", 0)
        try:
            question = (family or noted(chain, lookup, totals))(Asker(rng, RELATIONS, tools))
            yield question, plan_question(rng, tools, RELATIONS, question)
        except Infeasible:
            continue


def test_a_tool_writes_only_where_it_was_seen_to_change_the_world():
    assert toolbox([PROVEN]).having(Skill.WRITE_TEXT)
    for effect in (Effect.READ_ONLY, Effect.UNKNOWN, Effect.SESSION):
        assert toolbox([replace(WRITE, behaviour=Behaviour(effect))]).abilities == ()
    assert list(drawn(tools=toolbox(nodes()))) == []


@pytest.mark.parametrize(
    "description", ["Append text to a file", "Add a paragraph to a document", "Write a document file", "Read a file"]
)
def test_tools_that_write_otherwise_are_left_alone(description):
    assert toolbox([replace(PROVEN, description=description)]).abilities == ()


def test_the_write_comes_last_and_takes_every_value_from_an_earlier_call():
    found = list(drawn())
    assert len(found) > 15
    for question, calls in found:
        *others, write = calls
        assert write.tool == "put"
        assert others
        assert "put" not in {call.tool for call in others}
        arguments = json.loads(write.arguments_json)
        assert arguments["path"] == f"/workspace/{question.change.path}"
        assert len(write.inputs) == len(question.change.lines)
        template = arguments["content"]
        for line, item in zip(question.change.lines, write.inputs, strict=True):
            assert f"{line.label}: {item.marker}\n" in template
        assert json.loads(write.meaning_json)["question"] == lf.to_json(question)
        assert effort(calls) > 1


def test_only_what_is_written_in_one_way_is_written_down():
    for question, _ in drawn():
        values = {field.value for field in question.fields}
        for line in question.change.lines:
            assert line.value in values
            kind = line.value.kind
            assert isinstance(line.value, lf.Aggregate) or kind not in (ValueKind.QUANTITY, ValueKind.DATE)


def test_the_file_is_new_and_in_a_folder_that_is_there():
    files = {file.path for file in RELATIONS.world.files}
    for question, _ in drawn():
        folder, _, name = question.change.path.rpartition("/")
        assert question.change.path not in files
        assert name
        assert any(path.startswith(f"{folder}/") for path in files)


def test_the_same_seed_draws_the_same():
    assert list(drawn(count=12)) == list(drawn(count=12))


@pytest.mark.parametrize(
    ("keys", "labels"),
    [(("city", "supplier_id"), ["City", "Supplier ID"]), (("count",), ["How many"]), (("city", "city_2"), ["City"])],
)
def test_labels_say_which_value_is_meant(keys, labels):
    row = lf.Keyed(
        lf.Table("stock/suppliers.csv", "suppliers", "csv"), "name", lf.Literal("Andes Wool", ValueKind.NAME)
    )
    fields = tuple(lf.Field(key, lf.Attribute(row, "city", ValueKind.NAME)) for key in keys)
    asker = Asker(generator(1, "changes", 0), RELATIONS, TOOLS)
    question = noted(lambda _: lf.Question("x", fields))(asker)
    assert [line.label for line in question.change.lines] == labels
