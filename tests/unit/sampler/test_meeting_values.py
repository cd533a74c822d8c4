"""Values found apart meet in one call; history, code and sheets are read step by step."""

import json
from dataclasses import replace

import pytest

from services.sampler.domain.asking import Asker
from services.sampler.domain.capabilities import toolbox
from services.sampler.domain.drawing import generator, plan_question
from services.sampler.domain.histories import branch_change, changed_code
from services.sampler.domain.meetings import best_of, meeting, placed
from services.sampler.domain.plan import Infeasible
from services.sampler.domain.relations import relations_of
from shared.model import logical_form as lf
from shared.model.catalogue import WorldColumn, WorldFact, WorldFile, WorldTable
from shared.model.graphs import ObservedOutput, Parameter
from shared.model.logical_sources import CHANGED_FILE
from shared.model.values import ValueKind
from shared.proof import transforms
from shared.proof.identity import identifier
from tests.fakes.worlds import nodes, world

ORDERS = lf.Table("sales/orders.csv", "orders", "csv")
SKU = lf.Fact("notes/review.md", "Price review", "SKU", ValueKind.IDENTIFIER)
SITE = lf.Fact("notes/site.md", "Storage", "Site", ValueKind.NAME)
DAY = lf.Fact("notes/site.md", "Storage", "Checked on", ValueKind.DATE)
HEAD = "repo/.git/HEAD"
CHANGED = "--- a/shop/prices.py\n+++ b/shop/prices.py\n@@ -1 +1 @@\n-CAP = 0.4\n+CAP = 0.3\n"


def shop():
    """The shop with a repository, a second note and a workbook of two sheets that are alike."""
    known = world()
    sku = WorldColumn("SKU", ValueKind.IDENTIFIER, "", 3, ("SKU-1001", "SKU-1002", "SKU-1003"))
    shelf = WorldColumn("Shelf", ValueKind.IDENTIFIER, "", 3, ("A-1", "A-2", "A-3"))
    counted = WorldColumn("Counted", ValueKind.NUMBER, "", 3, ("31", "45", "58"))
    sheets = tuple(
        WorldTable("stock/count.xlsx", name, "xlsx", (shelf, sku, counted), 3, "B2") for name in ("North", "South")
    )
    facts = (
        WorldFact(HEAD, "branch", "discount-cap", ValueKind.IDENTIFIER),
        WorldFact("notes/site.md", "Site", "North", ValueKind.NAME),
        WorldFact("notes/site.md", "Checked on", "2026-02-01", ValueKind.DATE),
        WorldFact("notes/site.md", "Discount cap", "0.4", ValueKind.NUMBER),
    )
    files = (WorldFile(HEAD, 9, "0" * 64), WorldFile("notes/site.md", 9, "0" * 64, "text/markdown", "Storage"))
    return replace(known, files=(*known.files, *files), tables=(*known.tables, *sheets), facts=(*known.facts, *facts))


def tools():
    """The shop's tools, and made-up ones for history, code and sheets."""
    path, text = ValueKind.PATH, ValueKind.FREE_TEXT
    return toolbox(
        (
            *nodes(),
            _tool("past", "entries", "Shows the commit logs", ("repo_path", path), max_count=0, until=0),
            _tool("past", "entry", "Shows the contents of a commit", ("repo_path", path), ("revision", text)),
            _tool("past", "versus", "Shows differences between branches", ("repo_path", path), ("target", text)),
            _tool("source", "register", "Register a project folder", ("path", path), name=0),
            _tool("source", "outline", "Extract symbols from a file", ("project", text), ("file_path", path)),
            _tool("grid", "look_up", "Find cells with a text", ("path", path), ("query", text), sheet=0, exact=0),
            _tool("grid", "look_at", "Read a range of cells", ("path", path), ("sheet", text), range=0),
        )
    )


def _tool(server, name, description, /, *required, **optional):
    parameters = [Parameter(f"/{one}", one, kind, "string", True) for one, kind in required]
    parameters += [Parameter(f"/{one}", one, ValueKind.FREE_TEXT, "string", False) for one in optional]
    return replace(
        nodes()[0],
        tool_id=identifier("tool", name),
        server_id=server,
        name=name,
        description=description,
        parameters=tuple(parameters),
        outputs=(ObservedOutput("line_count", ValueKind.NUMBER),),
        edges=(),
        calls=(),
    )


def plan(*values, seed=1):
    fields = tuple(lf.Field(f"f{index}", value) for index, value in enumerate(values))
    return plan_question(generator(seed, "draws", 0), tools(), relations_of(shop()), lf.Question("any", fields))


def sources(call):
    return {item.source_call_id for item in call.inputs}


def test_two_dates_of_two_documents_bound_the_rows_of_one_statement():
    late = lf.Fact("notes/review.md", "Price review", "Date", ValueKind.DATE)
    where = (lf.Condition("date", lf.Operator.SINCE, late), lf.Condition("date", lf.Operator.BEFORE, DAY))
    *_, ask = plan(lf.Aggregate(ORDERS, lf.Function.SUM, "quantity", where))
    assert len(sources(ask)) == 2
    assert "date >= '{{question.1}}' AND date < '{{question.2}}'" in ask.arguments_json


def test_sheet_and_key_of_two_documents_meet_in_one_search_and_its_cell_leads_to_the_row():
    tables = tuple(lf.Table("stock/count.xlsx", name, "xlsx") for name in ("North", "South"))
    first, second, search, read = plan(lf.SheetValue(tables, SITE, "SKU", SKU, "Counted", ValueKind.NUMBER))
    assert sources(search) == {first.call_id, second.call_id}
    assert json.loads(search.arguments_json)["sheet"] is json.loads(search.arguments_json)["query"] is None
    assert json.loads(read.arguments_json)["range"] == "B{{range.1}}:D{{range.2}}"
    cells = [item for item in read.inputs if item.key == "cell"]
    assert [transforms.apply(item.transforms_json, ["C17"]) for item in cells] == ["17", "17"]


def test_commit_before_a_documents_day_leads_to_the_file_it_changed_and_to_what_that_defines():
    file = lf.Commit("repo", CHANGED_FILE, ValueKind.PATH, before=DAY)
    note, log, show, register, outline = plan(file, lf.FileNames("repo", file, "functions"))
    assert json.loads(log.arguments_json)["until"] == "{{until.1}} 00:00:00 +0000"
    assert [sources(call) for call in (log, show, outline)] == [{note.call_id}, {log.call_id}, {show.call_id}]
    assert register.precondition
    assert json.loads(register.arguments_json) == {"path": "/workspace/repo", "name": "repo"}
    (flow,) = outline.inputs
    assert transforms.apply(flow.transforms_json, [CHANGED]) == "shop/prices.py"
    two = transforms.apply(flow.transforms_json, [f"{CHANGED}--- a/x.py\n+++ b/x.py\n"])
    assert two == "shop/prices.py|x.py", "of two files neither is meant"


@pytest.mark.parametrize("seed", range(6))
def test_branch_side_of_a_change_is_read_whichever_tool_shows_it(seed):
    value = lf.BranchValue("repo", "discount-cap", "CAP", "Cap")
    told = lf.Fact("notes/site.md", "Storage", "Discount cap", ValueKind.NUMBER)
    calls = plan(value, lf.Computed(lf.Operation.DIFFERENCE, (value, told)), seed=seed)
    (find,) = {c["sources"][0]["find"] for c in json.loads(calls[-1].meaning_json)["citations"][:1]}
    # The difference leads from the branch to what is checked out, so that there the branch is the side taken away.
    assert json.loads(find)["sign"] == ("-" if calls[0].tool == "versus" else "+")


def asked(family, count=60):
    found = []
    for seed in range(count):
        try:
            found.append(family(Asker(generator(seed, "family", 0), relations_of(shop()), tools())))
        except Infeasible:
            continue
    return found


def test_families_of_sheets_and_history_find_what_the_world_shows():
    assert any(isinstance(q.fields[0].value, lf.SheetValue) for q in asked(placed))
    days = {type(q.fields[0].value.before) for q in asked(changed_code)}
    assert days == {type(None), lf.Literal}, "a day of an unrelated document is no reason to ask"
    values = {form for q in asked(branch_change) for form in lf.walk(q) if isinstance(form, lf.BranchValue)}
    assert values == {lf.BranchValue("repo", "discount-cap", "DISCOUNT_CAP", "Discount cap")}


def test_a_period_is_asked_only_of_what_its_document_is_about():
    found = [q.fields[-1].value for family in (meeting, best_of) for q in asked(family)]
    for form in found:
        where = form.where if isinstance(form, lf.Aggregate) else form.entity.where
        days = [c.value.path for c in where if c.operator in (lf.Operator.SINCE, lf.Operator.BEFORE)]
        about = [c.value for c in where if c.operator is lf.Operator.EQUAL]
        for path in days:
            (key,) = about
            told = [f.path for f in lf.walk(key) if isinstance(f, lf.Fact)]
            named = [f.text for f in lf.walk(key) if isinstance(f, lf.Literal)]
            assert told == [path] or any(text in relations_of(shop()).documents[path].title for text in named)


def test_one_document_that_gives_both_values_is_no_meeting():
    for question in asked(placed):
        value = question.fields[0].value
        assert getattr(value.sheet, "path", "") != getattr(value.key, "path", " ")
