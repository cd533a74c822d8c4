"""Commits, what they change, branches and source files, held against what the builder says it planted."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from services.verifier.domain.evaluating.evaluator import Evaluator
from services.verifier.domain.evaluating.world import Unread
from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.logical_sources import CHANGED_FILE
from shared.model.values import ValueKind
from tests.unit.verifier.built_world import NAMED, NUMBER, built

SEEDS = (7, 11)


def planted(seed, kind):
    """Facts of all entities of one kind: [(name, {attribute: (value, place)})]."""
    entities = json.loads((built(seed).folder / "entities.json").read_text())["entities"]
    return [
        (
            {fact["attribute"]: fact["value"] for fact in one["facts"]},
            [p for fact in one["facts"] for p in fact["places"]],
        )
        for one in entities
        if any(kind in place for fact in one["facts"] for place in fact["places"])
    ]


def value(seed, form):
    return Evaluator(built(seed).files).value(form)


def refused(seed, form):
    with pytest.raises(Rejected) as caught:
        value(seed, form)
    return caught.value.reason


@pytest.mark.parametrize("seed", SEEDS)
def test_branch_gives_its_constant_another_number(seed):
    planted_values = [
        (place["branch"], place["symbol"], facts[place["symbol"].lower()])
        for facts, places in planted(seed, "branch")
        for place in places
        if "symbol" in place
    ]
    assert planted_values
    for branch, symbol, said in planted_values:
        assert value(seed, lf.BranchValue("repo", branch, symbol, "it")) == Decimal(str(said))
        assert refused(seed, lf.BranchValue("repo", branch, "NO_SUCH", "it")) == "no_such_referent"


@pytest.mark.parametrize("seed", SEEDS)
def test_newest_commit_of_a_branch_and_before_a_day(seed):
    commits = {
        facts["moment"]: (facts, places[0]["commit"]) for facts, places in planted(seed, "commit") if "moment" in facts
    }
    for facts, places in planted(seed, "branch"):
        branch = next(place["branch"] for place in places)
        said = next(one for one, name in commits.values() if name == facts["commit"])
        assert value(seed, lf.Commit("repo", "Author", NAMED, branch)) == said["author"]
        assert value(seed, lf.Commit("repo", "Message", NAMED, branch)) == said["message"]
    on_main = {commit.commit for commit in built(seed).files.history("repo").commits()}
    main = sorted((moment, one) for moment, (one, name) in commits.items() if name in on_main)
    moment, newest = main[-1]
    day = datetime.fromisoformat(moment).date()
    before = [one for when, one in main if when[:10] < day.isoformat()]
    literal = lf.Literal(day.isoformat(), ValueKind.DATE)
    assert value(seed, lf.Commit("repo", "Author", NAMED)) == newest["author"]
    assert value(seed, lf.Commit("repo", "Message", NAMED, before=literal)) == before[-1]["message"]
    next_day = lf.Literal((day + timedelta(days=1)).isoformat(), ValueKind.DATE)
    assert value(seed, lf.Commit("repo", "Message", NAMED, before=next_day)) == newest["message"]
    assert refused(seed, lf.Commit("repo", "Author", NAMED, before=lf.Literal("1999-01-01", ValueKind.DATE))) == (
        "no_such_referent"
    )
    with pytest.raises(Unread):
        value(seed, lf.Commit("repo", "Author", NAMED, "no-such-branch"))


@pytest.mark.parametrize("seed", SEEDS)
def test_file_that_a_commit_changes_is_measured(seed):
    history = built(seed).files.history("repo")
    (first, *_), singles = history.commits()[::-1], 0
    assert len(first.changed) > 1
    for branch in (place["branch"] for _, places in planted(seed, "branch") for place in places if "symbol" in place):
        changed = lf.Commit("repo", CHANGED_FILE, ValueKind.PATH, branch)
        (symbol,) = [
            p for _, places in planted(seed, "branch") for p in places if p.get("branch") == branch and "symbol" in p
        ]
        if len(history.commits(branch)[0].changed) == 1:
            singles += 1
            assert value(seed, changed) == symbol["path"]
            text = (built(seed).folder / "files/repo" / symbol["path"]).read_text()
            assert value(seed, lf.FileMeasure("repo", changed, "line_count")) == len(text.splitlines())
            names = value(seed, lf.FileNames("repo", changed, "functions"))
            assert names == tuple(
                sorted(line[4:].partition("(")[0] for line in text.splitlines() if line.startswith("def "))
            )
            with pytest.raises(Unread):
                value(seed, lf.FileMeasure("repo", changed, "cyclomatic_complexity"))
        else:
            assert refused(seed, changed) == "ambiguous_selector"
    assert singles >= 1


def test_value_on_the_sheet_that_another_value_names():
    world = built()
    (path,) = [path for path in world.files.paths() if path.endswith("count_sheets.xlsx")] or [None]
    if path is None:
        path = next(p for p in world.files.paths() if p.endswith(".xlsx") and len(sheets(world, p)) > 1)
    first, second = sheets(world, path)[:2]
    tables = tuple(lf.Table(path, one.name, "xlsx") for one in (first, second))
    key, column = first.columns[0], first.columns[-1]
    form = lf.SheetValue(
        tables, lf.Literal(second.name, NAMED), key, lf.Literal(second.rows[0][0], NAMED), column, NUMBER
    )
    assert str(value(7, form)) == second.rows[0][-1]
    elsewhere = lf.SheetValue(tables, lf.Literal("Attic", NAMED), key, lf.Literal("x", NAMED), column, NUMBER)
    assert refused(7, elsewhere) == "no_such_referent"


def sheets(world, path):
    """Sheets of a workbook that are alike in their columns and name rows in the first."""
    found = [one for one in world.files.tables(path) if len({row[0] for row in one.rows}) == len(one.rows)]
    return [one for one in found if one.columns == found[0].columns]
