"""Forms of texts: what proven rules may take for one call, and what never."""

import json
import posixpath
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.simulator.adapters import sql_reader
from services.simulator.domain import text_spelling
from services.simulator.domain.respelling import respellings
from services.simulator.domain.spelling import RULES, Call, Spelling, SpellingRule, rewriting
from services.simulator.domain.sql_spelling import RULES as SQL_RULES
from shared.model.calls import State
from shared.model.catalogue import PathMode
from shared.proof.canonical import canonical

pytestmark = pytest.mark.unit
SLOW = settings(max_examples=25, deadline=None)


def duck(*names):
    return rewriting([f"duckdb_{name}" for name in names or SQL_RULES], sql_reader.read)


lite = rewriting([rule for rule in RULES if rule.startswith("sqlite_")], sql_reader.read)
paths = rewriting(["path_slashes", "path_dots", "path_root"], sql_reader.read)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a FROM t", "select  a\n\tFrom t ;"),
        ("SELECT a FROM t", "/* why */ SELECT a -- all of it\nFROM t"),
        ("SELECT count(*) AS n FROM t", "SELECT count ( * ) as n FROM t;;"),
        ('SELECT "city" FROM "orders" ORDER BY 1', "select city from orders order by 1"),
        ('SELECT x AS "Total" FROM t', "SELECT x AS Total FROM t"),
    ],
)
def test_spellings_of_one_query_have_one_form(one, other):
    assert duck()(one) == duck()(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a, b FROM t", "SELECT b, a FROM t"),
        ("SELECT a FROM t ORDER BY a", "SELECT a FROM t"),
        ("SELECT a AS x FROM t", "SELECT a AS y FROM t"),
        ("SELECT a AS x FROM t", "SELECT a AS X FROM t"),
        ("SELECT a AS x FROM t", "SELECT a FROM t"),
        ("SELECT s AS From FROM t", "SELECT s AS FROM FROM t"),
        ("SELECT 1 FROM t", "SELECT 1.0 FROM t"),
        ("SELECT 1 FROM t", "SELECT 01 FROM t"),
        ("SELECT 'a  b'", "SELECT 'a b'"),
        ("SELECT 'a' FROM t", 'SELECT "a" FROM t'),
        ("SELECT 'select'", "SELECT 'SELECT'"),
        ("SELECT '/w//a' FROM t", "SELECT '/w/a' FROM t"),
        ('SELECT "City" FROM t', 'SELECT "city" FROM t'),
        ("SELECT City FROM t", "SELECT city FROM t"),
        ('SELECT "my city" FROM t', 'SELECT "mycity" FROM t'),
        ('SELECT "month" FROM t', "SELECT month FROM t"),
        ('SELECT "current_date"', "SELECT current_date"),
        ("SELECT substr(a, 1, 2) FROM t", "SELECT substring(a, 1, 2) FROM t"),
        ("SELECT a::int FROM t", "SELECT CAST(a AS int) FROM t"),
        ("SELECT CAST(a AS int) FROM t", "SELECT CAST(a AS integer) FROM t"),
        ("SELECT a FROM t WHERE a <> 1", "SELECT a FROM t WHERE a != 1"),
        ("SELECT a FROM t WHERE a = 1 AND b = 2", "SELECT a FROM t WHERE b = 2 AND a = 1"),
        ("SELECT a < > b FROM t", "SELECT a <> b FROM t"),
        ("SELECT 'a'\n'b'", "SELECT 'a' 'b'"),
        ("SELECT 4 // 2", "SELECT 4 / 2"),
        ("SELECT left(a, 1) FROM t", "SELECT LEFT(a, 1) FROM t"),
        ("SELECT a FROM t LIMIT 5", "SELECT a FROM t LIMIT 50"),
        ("SELECT current_query()", "select current_query()"),
        ("SELECT 1; SELECT 2", "SELECT 1;  SELECT 2"),
        ("SELECT a FROM t WHERE a = $1", "SELECT a FROM t  WHERE a = $1"),
        ("DROP TABLE t", "drop table t"),
        ("SELECT /* a /* b */ 1", "SELECT 1"),
    ],
)
def test_what_may_answer_otherwise_has_two_forms(one, other):
    assert duck()(one) != duck()(other)


def test_sqlite_heads_a_column_by_its_text_and_takes_quoted_names_for_strings():
    assert lite("select count ( * ) from t") == "select count ( * ) from t"
    assert lite("SELECT a FROM (SELECT count(*) FROM t)") != lite("select a from (select count( * ) from t)")
    assert lite('SELECT "a" FROM t') != lite("SELECT a FROM t")
    assert lite("SELECT count(*) AS n, a FROM t") == lite("select count( * ) as n,a from t -- all\n;")


@pytest.mark.parametrize("name", sorted(SQL_RULES))
def test_each_rule_works_alone(name):
    text = 'SELECT "a" FROM t WHERE b = 1'
    changed = list(respellings(text, f"duckdb_{name}", sql_reader.read))
    assert changed
    assert {duck(name)(other) for other in changed} == {duck(name)(text)}
    for rest in set(SQL_RULES) - {name}:
        # Not all of them: some ways of one rule are another's as well, but never all.
        assert any(duck(rest)(other) != duck(rest)(text) for other in changed), rest


@dataclass(frozen=True)
class Query:
    """What a query means, as far as these queries can differ."""

    columns: tuple[tuple[str, str], ...]
    condition: tuple[str, str]
    order: str
    limit: str


NAMES = st.sampled_from(("city", "City", "qty", "unit price", "month"))
QUERIES = st.builds(
    Query,
    st.lists(st.tuples(NAMES, st.sampled_from(("", "n", "N", "From"))), min_size=1, max_size=3).map(tuple),
    st.tuples(NAMES, st.sampled_from(("1", "1.0", "'x'", "'X'", "'x  y'", "'-- x'", "'/* x */'"))),
    st.sampled_from(("", "1", "city", "City")),
    st.sampled_from(("", "5", "50")),
)


class Writer:
    """Spells a query by chance: gaps, comments, case of keywords, quotes, semicolons."""

    def __init__(self, draw):
        self.draw = draw

    def of(self, *options):
        return self.draw(st.sampled_from(options))

    def gap(self):
        return self.of(" ", "  ", "\n", "\t", " /* it's */ ", ' -- what\'s "here"\n', "/**/")

    def word(self, text):
        return self.of(text, text.lower(), text.capitalize())

    def name(self, text):
        return self.of(text, f'"{text}"') if text in ("city", "City", "qty") else f'"{text}"'

    def column(self, name, alias):
        return f"{self.name(name)}{self.gap()}{self.word('AS')}{self.gap()}{alias}" if alias else self.name(name)

    def text(self, query):
        comma = self.of(",", " , ", ",\n")
        parts = [self.word("SELECT"), comma.join(self.column(*one) for one in query.columns)]
        parts += [self.word("FROM"), self.of("t", '"t"'), self.word("WHERE")]
        parts += [f"{self.name(query.condition[0])}{self.of('=', ' = ')}{query.condition[1]}"]
        if query.order:
            parts += [self.word("ORDER"), self.word("BY"), self.name(query.order) if query.order != "1" else "1"]
        if query.limit:
            parts += [self.word("LIMIT"), query.limit]
        body = "".join(part + (self.gap() if number < len(parts) - 1 else "") for number, part in enumerate(parts))
        return self.of("", " ", "-- first\n") + body + self.of("", ";", " ; ", ";;\n", " -- last")


@SLOW
@given(QUERIES, QUERIES, st.data())
def test_two_queries_have_one_form_exactly_when_they_are_one_query(one, other, data):
    writer = Writer(data.draw)
    first, again, second = writer.text(one), writer.text(one), writer.text(other)
    form = duck()
    assert form(first) == form(again)
    assert (form(first) == form(second)) is (one == other)
    assert form(form(first)) == form(first)


SQL_PIECES = """SELECT select a "a" "A b" t , ( ) * . ; = < > - -- /* */ ' 'x' 1 1.0 .5 :: AS FROM WHERE [ ] e $1 {"""
SQL_TEXT = st.lists(st.sampled_from([*SQL_PIECES.split(" "), "\n"]), max_size=12).map(" ".join)


@SLOW
@given(st.one_of(SQL_TEXT, st.text(max_size=40)), st.sampled_from(("duckdb", "sqlite")))
def test_forms_of_any_text_are_their_own_forms(text, dialect):
    form = rewriting(
        [rule for rule in RULES if not rule.startswith(("duckdb", "sqlite")) or dialect in rule], sql_reader.read
    )
    assert form(form(text)) == form(text)


@given(st.text(alphabet="ab./: '\"*~-", max_size=24))
def test_a_path_keeps_what_it_points_to(text):
    form = rewriting(["path_slashes", "path_dots"], sql_reader.read)(text)
    assert posixpath.normpath(form) == posixpath.normpath(text)
    assert form.count("..") == text.count("..")
    assert form.startswith("/") is text.startswith("/")
    assert rewriting(["path_slashes", "path_dots"], sql_reader.read)(form) == form


def test_only_paths_are_taken_for_paths():
    assert paths("/workspace//a/./b.csv") == "a/b.csv" == paths("./a//b.csv")
    assert text_spelling.single_slashes("file:///workspace//a.csv") == "file:///workspace/a.csv"
    for text in (
        "10//2",
        "//host/a",
        "http://a//b.html",
        "SELECT '/a//b'",
        "a//b\nc.txt",
        "/a/../b",
        "./-x",
        "x = './a'",
    ):
        assert paths(text) == text


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)


@given(JSON, JSON)
def test_json_in_a_string_has_one_form_per_value(one, other):
    form = text_spelling.plain_json
    assert form(form(json.dumps([one]))) == form(json.dumps([one]))
    assert form(json.dumps([one], indent=2)) == form(json.dumps([one], ensure_ascii=False))
    # As texts: Python takes True for 1.
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (form(json.dumps([one])) == form(json.dumps([other]))) is same


@pytest.mark.parametrize(
    ("one", "other"), [("[1]", "[1.0]"), ('{"a":1,"a":2}', '{"a":2}'), ("[1e2]", "[100]"), ('"a"', '"a" ')]
)
def test_json_keeps_the_digits_of_numbers_and_does_not_choose_between_two_keys(one, other):
    assert text_spelling.plain_json(one) != text_spelling.plain_json(other)


def test_a_rule_works_on_its_argument_of_its_tool_alone_and_is_named():
    rule = SpellingRule("d1", "read", "/path", "path_slashes", 30, 9, 9)
    spelling = Spelling([rule, replace(rule, rule="path_dots"), replace(rule, place="/many/*")], sql_reader.read)
    call = Call("d1", "read", canonical({"path": "/a//b", "other": "/a//b"}), State("w", ""), PathMode.MOUNTED)
    same = replace(call, arguments_json=canonical({"path": "/a/b", "other": "/a//b"}))
    assert spelling.key(call) == spelling.key(same)
    assert spelling.told_apart_by(call, same) == ("path_slashes",)
    for other in (
        replace(call, arguments_json=canonical({"path": "/a//b", "other": "/a/b"})),
        replace(call, state=State("w", "s")),
        replace(call, path_mode=PathMode.MAPPED),
    ):
        assert spelling.key(other) != spelling.key(call)
    assert spelling.key(replace(call, tool="write")) is None
    assert spelling.key(replace(call, server_digest="d2")) is None
    listed = [
        replace(call, arguments_json=canonical({"many": many}))
        for many in (["/a//b", "c"], ["/a/b", "c"], ["c", "/a/b"])
    ]
    assert spelling.key(listed[0]) == spelling.key(listed[1]) != spelling.key(listed[2])
