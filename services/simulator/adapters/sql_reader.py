"""Reads SQL by sqlglot's syntax tree; only what its engine surely reads the same way is answered for."""

import functools
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from services.simulator.domain.sql_spelling import Parsed

VERSION = f"sqlglot {metadata.version('sqlglot')}"
_FIRST = frozenset(("SELECT", "WITH", "FROM", "VALUES", "DESCRIBE", "SUMMARIZE", "L_PAREN"))
"""Tokens that a query may start with; behind others sqlglot sees commands, and says so in the log."""
_QUERIES = (exp.Query, exp.Describe, exp.Summarize, exp.Values)
_NAMED = (exp.Column, exp.Table, exp.TableAlias, exp.Alias)
# All of `duckdb_keywords()` of DuckDB 1.5, reserved or not, and names that it looks up as functions: in quotes they
# may mean something else than without.
_DUCKDB_WORDS = frozenset(
    """abort absolute access action add admin after aggregate all also alter always analyse analyze and anti any array
    as asc asof assertion assignment asymmetric at attach attribute authorization backward before begin between
    bigint binary bit boolean both by cache call called cascade cascaded case cast catalog centuries century chain
    char character characteristics check checkpoint class close cluster coalesce collate collation column columns
    comment comments commit committed compression concurrently configuration conflict connection constraint
    constraints content continue conversion copy cost create cross csv cube current cursor cycle data database day
    days deallocate dec decade decades decimal declare default defaults deferrable deferred definer delete delimiter
    delimiters depends desc describe detach dictionary disable discard distinct do document domain double drop each
    else enable encoding encrypted end enum error escape event except exclude excluding exclusive execute exists
    explain export export_state extension extensions external extract false family fetch filter first float
    following for force foreign forward freeze from full function functions generated glob global grant granted
    group grouping grouping_id groups handler having header hold hour hours identity if ignore ilike immediate
    immutable implicit import in include including increment index indexes inherit inherits initially inline inner
    inout input insensitive insert install instead int integer intersect interval into invoker is isnull isolation
    join json key label lambda language large last lateral leading leakproof left level like limit listen load local
    location lock locked logged macro map mapping match matched materialized maxvalue merge method microsecond
    microseconds millennia millennium millisecond milliseconds minute minutes minvalue mode month months move name
    names national natural nchar new next no none not nothing notify notnull nowait null nullif nulls numeric object
    of off offset oids old on only operator option options or order ordinality others out outer over overlaps
    overlay overriding owned owner parallel parser partial partition partitioned passing password percent persistent
    pivot pivot_longer pivot_wider placing plans policy position positional pragma preceding precision prepare
    prepared preserve primary prior privileges procedural procedure program publication qualify quarter quarters
    quote range read real reassign recheck recursive ref references referencing refresh reindex relative release
    rename repeatable replace replica reset respect restart restrict returning returns revoke right role rollback
    rollup row rows rule sample savepoint schema schemas scope scroll search second seconds secret security select
    semi sequence sequences serializable server session set setof sets share show similar simple skip smallint
    snapshot some sorted source sql stable standalone start statement statistics stdin stdout storage stored strict
    strip struct subscription substring summarize symmetric sysid system table tables tablesample tablespace target
    temp template temporary text then ties time timestamp to trailing transaction transform treat trigger trim true
    truncate trusted try_cast type types unbounded uncommitted unencrypted union unique unknown unlisten unlogged
    unpack unpivot until update use user using vacuum valid validate validator value values varchar variable
    variadic varying verbose version view views virtual volatile week weeks when where whitespace window with within
    without work wrapper write xml xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse
    xmlpi xmlroot xmlserialize xmltable year years yes zone current_catalog current_date current_role current_schema
    current_time current_timestamp current_user localtime localtimestamp session_user rowid today""".split()  # noqa: SIM905 - five hundred strings in brackets are no easier to compare with the engine's list
)


@functools.lru_cache(maxsize=2048)
def read(text: str, dialect: str) -> Parsed | None:
    """See `SqlReader`; remembered, because a form is read twice and rollouts repeat their calls."""
    engine = Dialect.get_or_raise(dialect)
    try:
        tokens = engine.tokenize(text)
        if not tokens or tokens[0].token_type.name not in _FIRST:
            return None
        trees = [tree for tree in engine.parse(text) if tree is not None]
        if len(trees) != 1 or not isinstance(trees[0], _QUERIES) or not _HOLDS[dialect](trees[0]):
            return None
        names = {name.meta["start"]: name for name in trees[0].find_all(exp.Identifier) if "start" in name.meta}
        plain = frozenset(start for start, name in names.items() if dialect == "duckdb" and _is_plain(name))
        bounds = frozenset(place for token in tokens for place in (token.start, token.end + 1))
        return Parsed(bounds, frozenset(names), plain, _shape(trees[0], dialect))
    # What it stumbles over is a text that we do not understand: strangers write them.
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, KeyError, IndexError):
        return None


def _is_plain(name: exp.Identifier) -> bool:
    """Whether DuckDB finds the same by the bare word: it keeps the case of both and compares without it."""
    word = str(name.this)
    is_word = word.isascii() and word.isidentifier() and word.lower() not in _DUCKDB_WORDS
    return bool(name.quoted) and isinstance(name.parent, _NAMED) and is_word


def _are_columns_named(tree: exp.Expression) -> bool:
    """SQLite heads a column without a name by the text of its expression, white space and all."""
    selects: Iterable[Any] = tree.find_all(exp.Select)
    return all(isinstance(one, exp.Alias | exp.Column | exp.Star) for found in selects for one in found.expressions)


_HOLDS: Mapping[str, Callable[[Any], bool]] = {"duckdb": lambda _: True, "sqlite": _are_columns_named}


def _shape(tree: Any, dialect: str) -> str:
    return str(tree.sql(dialect=dialect, comments=False, identify=True))
