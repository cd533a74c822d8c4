"""The page for people: whole, without the network, each citation marked where it stands; verdicts are counted."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cli.auditing.highlights import RESULT, json_range, mark
from cli.auditing.page import VERDICTS, write_page
from cli.auditing.scoring import interval, score_file
from cli.auditing.words import _WORDS, in_words
from shared.model import logical_form as lf
from shared.model.errors import BadInput
from shared.proof.canonical import canonical
from shared.proof.results import canonical_result
from tests.fakes.export import write_export

VOID = {"meta", "input", "br"}
MARKDOWN = "Stock\n\n| item | price |\n| --- | --- |\n| flour | 10 |\n| yeast | 12 |\n\nowner: Ada Nnadi\n"
RESULT_JSON = canonical_result(
    [{"type": "text", "text": MARKDOWN}, {"type": "text", "text": ' { "a": [ 1 , {"b": "x,]}"} ] } '}],
    {"n": [5, 25.5]},
    False,
)


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.marks, self.sections, self.links = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset", "action")]
        self.sections += [value for name, value in attrs if tag == "section" and name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "mark":
            self.marks.append(data)


@pytest.fixture
def export(tmp_path):
    write_export(tmp_path / "out", tasks=3)
    return tmp_path / "out"


def test_page_is_whole_and_needs_nothing_from_elsewhere(export):
    text = write_page(export, 50, 0)
    page = Page(text)
    assert page.open == []
    assert page.links == []
    assert not re.search(r"https?://|@import|url\(|\blink rel|import\(", text)
    assert len(page.sections) == len(set(page.sections)) == 3
    assert page.tags.count("button") == 3 * len(VERDICTS) + 1
    about = json.loads(re.search(r'id="about">(.*?)</script>', text)[1])
    assert about["tasks"] == page.sections


def test_page_marks_what_answer_and_next_call_rest_on(export):
    marks = Page(write_page(export, 1, 0)).marks
    assert sorted(marks) == ["25.6", "3", "A-17"]


def test_same_seed_draws_the_same_sample_and_strange_text_stays_text(export):
    assert write_page(export, 2, 1) == write_page(export, 2, 1)
    assert len({tuple(Page(write_page(export, 1, seed)).sections) for seed in range(8)}) > 1
    path = export / "tasks.jsonl"
    path.write_text(path.read_text().replace("What does the latest", "<script>alert(1)</script>What does the latest"))
    assert "<script>alert" not in write_page(export, 3, 0)


@pytest.mark.parametrize(
    ("locator", "block", "words"),
    [
        ([{"pointer": "/structuredContent/n/1"}], RESULT, "25.5"),
        ([{"pointer": "/content/0/text"}, {"table": {"row": 1, "column": "price"}}], "/content/0/text", "12"),
        ([{"pointer": "/content/0/text"}, {"table": {"row": 0}}], "/content/0/text", "| flour | 10 |"),
        ([{"pointer": "/content/0/text"}, {"key_value": "owner"}], "/content/0/text", "Ada Nnadi"),
        ([{"pointer": "/content/0/text"}, {"span": [0, 5]}], "/content/0/text", "Stock"),
        ([{"pointer": "/content/1/text"}, {"parse_json": True}, {"pointer": "/a/1/b"}], "/content/1/text", '"x,]}"'),
    ],
)
def test_citation_is_marked_where_it_stands(locator, block, words):
    found = mark(RESULT_JSON, canonical(locator))
    assert found is not None
    assert (found.block, found.text[found.start : found.end]) == (block, words)


def test_citation_that_leads_nowhere_has_no_mark():
    assert mark(RESULT_JSON, canonical([{"pointer": "/structuredContent/m"}])) is None
    with pytest.raises(LookupError):
        json_range('{"a": [1]}', "/a/1")


def test_every_form_has_words():
    text = (Path(__file__).parents[3] / "docs/logical-form.md").read_text(encoding="utf-8").split("## Evaluating")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.M)) == set(_WORDS)
    table = lf.Table("sales/orders.csv", "orders", "csv")
    form = lf.to_json(lf.Question("x", (lf.Field("n", lf.Aggregate(table, lf.Function.COUNT, "")),)))
    assert in_words(form) == "n = the count of rows in table “orders” of sales/orders.csv"
    note = lf.Note("sales/call.txt", (lf.Line("Orders", lf.Aggregate(table, lf.Function.COUNT, "")),))
    said = in_words(lf.to_json(lf.Question("x", (), change=note)))
    assert "A new file sales/call.txt has the lines: “Orders: ” and the count of rows" in said
    assert in_words({"is": "new", "a": 1}) == '{"is": "new", "a": 1}'


def verdicts(path, *given):
    rows = [{"task_id": f"task_{number}", "verdict": one, "note": "why"} for number, one in enumerate(given)]
    path.write_text(json.dumps({"verdicts": rows}))
    return path


def test_score_counts_what_is_wrong_or_ambiguous(tmp_path):
    scored = score_file(verdicts(tmp_path / "v.json", "good", "odd", "wrong", "ambiguous", ""))
    assert (scored.judged, scored.unjudged, scored.errors, scored.error_rate) == (4, 1, 2, 0.5)
    assert [note[1] for note in scored.notes] == ["odd", "wrong", "ambiguous"]


@pytest.mark.parametrize(
    ("errors", "judged", "low", "high"),
    [(0, 50, 0.0, 0.0711), (5, 50, 0.0333, 0.2181), (50, 50, 0.9289, 1.0), (1, 10, 0.0025, 0.4450)],
)
def test_interval_is_the_exact_one_of_the_tables(errors, judged, low, high):
    assert interval(errors, judged) == pytest.approx((low, high), abs=1e-4)


@pytest.mark.parametrize("text", ["{", "[]", '{"verdicts": [1]}', '{"verdicts": []}'])
def test_strange_file_is_bad_input(tmp_path, text):
    (tmp_path / "v.json").write_text(text)
    with pytest.raises(BadInput, match=r"page"):
        score_file(tmp_path / "v.json")
    with pytest.raises(BadInput, match=r"'fine'"):
        score_file(verdicts(tmp_path / "w.json", "fine"))
