"""`firefly audit spread`: shares over made-up exports, each with one thing changed."""

import json

import pytest

from cli.auditing.spread import spread
from shared.model import logical_form as lf
from shared.model.errors import BadInput
from shared.model.values import ValueKind

NOTE = lf.Fact("a.md", "Note", "SKU", ValueKind.IDENTIFIER)
PRICES = lf.Table("b.xlsx", "Prices", "xlsx")
PRICE = lf.Attribute(lf.Keyed(PRICES, "SKU", NOTE), "price", ValueKind.QUANTITY)


def call(name, *into, server="desk", tool="read", replaceable=False):
    flows = [{"call_id": one} for one in into]
    return {"call_id": name, "server": server, "tool": tool, "depends_on": flows, "replaceable": replaceable}


def row(number, *, calls, cited=("c1",), value=NOTE, known=2, tags=()):
    return {
        "min_known_calls": known,
        "needs_discovery": True,
        "tags": list(tags),
        "reference": list(calls),
        "evidence": [{"field": "f", "sources": [{"call_id": one} for one in cited]}],
        "logical_form": lf.to_json(lf.Question("any", (lf.Field("f", value),))),
        "prompt": [{"role": "user", "content": f"Question {'abcdefghij'[number]}?"}],
    }


def measured(tmp_path, rows):
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    found = spread(tmp_path)
    return found, {figure.name: figure for figure in found.figures}


def test_known_calls_are_averaged_and_counted(tmp_path):
    found, figures = measured(tmp_path, [row(n, calls=[call("c1")], known=known) for n, known in enumerate((1, 3, 5))])
    assert found.known_calls == {1: 1, 3: 1, 5: 1}
    assert figures["known calls, mean"].value == 3
    assert figures["known calls, mean"].is_met
    assert not figures["one known call"].is_met


def test_meeting_in_arithmetic_is_no_meeting_of_calls(tmp_path):
    apart = [call("c1"), call("c2", tool="find")]
    by_tool = row(0, calls=[*apart, call("c3", "c1", "c2", tool="add", replaceable=True)], cited=("c3",))
    by_call = row(1, calls=[*apart, call("c3", "c1", "c2", tool="query")], cited=("c3",))
    _, figures = measured(tmp_path, [by_tool, by_call])
    assert figures["fan-in: in one later call"].value == 1
    assert figures["fan-in: in one later call that is no arithmetic"].value == 0.5
    assert figures["answer fields from replaceable calls"].value == 0.5
    assert not figures["answer fields from replaceable calls"].is_met


def test_history_is_another_place_than_files(tmp_path):
    commit = lf.LatestCommit("repo", "Author", ValueKind.NAME)
    rows = [row(n, calls=[call("c1")], value=value) for n, value in enumerate((NOTE, PRICE, commit))]
    _, figures = measured(tmp_path, rows)
    assert figures["all evidence in one file"].value == pytest.approx(2 / 3)


def test_shapes_are_told_apart_by_what_feeds_what(tmp_path):
    chain, pair = [call("c1"), call("c2", "c1")], [call("c1"), call("c2")]
    _, figures = measured(tmp_path, [row(0, calls=chain), row(1, calls=pair), row(2, calls=chain)])
    assert figures["shapes"].value == 2
    assert figures["most frequent shape"].value == pytest.approx(2 / 3)


def test_no_export_is_said_in_one_sentence(tmp_path):
    with pytest.raises(BadInput, match="firefly export"):
        spread(tmp_path)
