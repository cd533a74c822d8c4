"""Ways to read one source with the tools that are offered, and to find out that it is there."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from cli.paths import readings
from cli.paths.shelf import Condition, Shelf, Source, Touch, program
from services.verifier.domain.evaluating.world import Document, Rows

ROOT = "/workspace"
_MOST_CELLS = 1200
"""A query of more cells would be cut off: rows come back as indented JSON."""
_FILE_TOOLS = ("read_text_file", "read_file", "read_multiple_files")
Found = Rows | Document


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a solution; what is read out of its result where it is a reading."""

    tool: str
    arguments: Mapping[str, Any]
    source: Source | None = None
    read: Callable[[str], Found] | None = None


def whole(source: Source, shelf: Shelf, tools: Collection[str]) -> list[Step]:
    """All ways to read a source as a whole."""
    steps = [*_as_file(source, tools), *_as_markdown(source, tools)]
    steps += [*_as_query(source, shelf, tools), *_as_sheet(source, tools), *_as_word(source, tools)]
    return steps


def narrow(touch: Touch, shelf: Shelf, tools: Collection[str]) -> list[Step]:
    """Ways to read no more of a table than one look needs."""
    source = touch.source
    if source not in shelf.tables:
        return []
    table, path = shelf.tables[source], _place(source)
    found: list[Step] = []
    if table.format == "csv":
        found += [
            Step(tool, {"path": path, "head": touch.last + 2}, source, readings.csv_rows)
            for tool in ("read_text_file", "read_file")
            if tool in tools
        ]
        if "execute_query" in tools and touch.where:
            sql = f"SELECT * FROM '{path}' WHERE {' AND '.join(map(_clause, touch.where))}"
            found.append(Step("execute_query", {"sql": sql}, source, readings.sql_rows))
    if table.format == "xlsx" and "read_range" in tools:
        # From the first row and column: a title and empty rows may stand above the table.
        reach = f"A1:{chr(ord('A') + len(table.columns))}{touch.last + 5}"
        arguments = {"path": path, "sheet": source.part, "range": reach}
        found.append(Step("read_range", arguments, source, readings.range_rows))
    return found


def discovery(source: Source, tools: Collection[str]) -> list[list[Step]]:
    """Ways to find a source: by its folder, by its name, by what is inside it."""
    path = _place(source)
    folder, name = str(PurePosixPath(path).parent), PurePosixPath(path).name
    ways: list[list[tuple[str, dict[str, Any]]]] = [
        [("list_directory", {"path": ROOT}), ("list_directory", {"path": folder})],
        [("list_allowed_directories", {}), ("directory_tree", {"path": folder})],
        [("search_files", {"path": ROOT, "pattern": f"**/*{PurePosixPath(path).suffix}"})],
        [("list_directory_with_sizes", {"path": folder}), ("get_file_info", {"path": path})],
    ]
    if name.endswith(".xlsx"):
        ways += [
            [("list_workbooks", {"directory": folder}), ("describe_workbook", {"path": path})],
            [("describe_workbook", {"path": path}), ("describe_sheet", {"path": path, "sheet": source.part})],
        ]
    if name.endswith(".docx"):
        ways += [
            [("list_available_documents", {"directory": folder}), ("get_document_outline", {"filename": path})],
        ]
    if name.endswith((".csv", ".json")):
        ways += [
            [
                ("list_databases", {}),
                ("list_tables", {}),
                ("execute_query", {"sql": f"DESCRIBE SELECT * FROM '{path}'"}),
            ],
        ]
    ways.append([("execute_query", {"sql": f"SELECT file FROM glob('{folder}/*') ORDER BY file"})])
    return [[Step(*call) for call in way] for way in ways if all(tool in tools for tool, _ in way)]


def respelt(step: Step, turn: int) -> Step:
    """Write a call in another way that means the same."""
    return replace(step, arguments={key: _respelt(key, value, turn) for key, value in step.arguments.items()})


def mistaken(step: Step) -> Step:
    """Misspell what a call names."""
    wrong = {key: _mistaken(key, value) for key, value in step.arguments.items()}
    return Step(step.tool, wrong)


def incomplete(step: Step) -> Step:
    """Leave out an argument."""
    return Step(step.tool, dict(list(step.arguments.items())[1:]))


def _place(source: Source) -> str:
    return f"{ROOT}/{source.path}"


def _plain(source: Source) -> Callable[[str], Found] | None:
    """How the text of a file is read; None for files that are no text."""
    suffix = PurePosixPath(source.path).suffix
    if suffix == ".csv":
        return readings.csv_rows
    if suffix == ".json":
        return lambda text: readings.json_rows(text, source.part)
    if suffix == ".py":
        return lambda text: program(text, source.path)
    return (lambda text: readings.document_of(text, source.path)) if suffix in (".md", ".html", ".txt") else None


def _as_file(source: Source, tools: Collection[str]) -> Iterator[Step]:
    read, path = _plain(source), _place(source)
    for tool in _FILE_TOOLS:
        if read is None or tool not in tools:
            continue
        if tool == "read_multiple_files":
            yield Step(tool, {"paths": [path]}, source, _after_name(read))
        else:
            yield Step(tool, {"path": path}, source, read)


def _after_name(read: Callable[[str], Found]) -> Callable[[str], Found]:
    """Read what follows the file's name, which stands above each text."""
    return lambda text: read(text.partition(":\n")[2])


def _as_markdown(source: Source, tools: Collection[str]) -> Iterator[Step]:
    suffix = PurePosixPath(source.path).suffix
    # A converter leaves out empty lines of a program: that is another text than the file that is asked about.
    if "convert_to_markdown" not in tools or suffix == ".py":
        return
    read: Callable[[str], Found]
    if suffix in (".csv", ".xlsx"):
        read = lambda text: readings.markdown_rows(text, source.part)  # noqa: E731 - one of three
    elif suffix == ".json":
        read = lambda text: readings.json_rows(text, source.part)  # noqa: E731
    else:
        read = lambda text: readings.document_of(text, source.path)  # noqa: E731
    yield Step("convert_to_markdown", {"uri": f"file://{_place(source)}"}, source, read)


def _as_query(source: Source, shelf: Shelf, tools: Collection[str]) -> Iterator[Step]:
    if "execute_query" not in tools:
        return
    path, suffix = _place(source), PurePosixPath(source.path).suffix
    table = shelf.tables.get(source)
    if table and len(table.rows) * len(table.columns) <= _MOST_CELLS and table.format == "csv":
        yield Step("execute_query", {"sql": f"SELECT * FROM '{path}'"}, source, readings.sql_rows)
    plain = _plain(source) if suffix in (".md", ".html", ".py") else None
    if plain:
        sql = f"SELECT content FROM read_text('{path}')"
        yield Step("execute_query", {"sql": sql}, source, lambda text: plain(readings.sql_text(text)))


def _as_sheet(source: Source, tools: Collection[str]) -> Iterator[Step]:
    if source.path.endswith(".xlsx") and "read_range" in tools:
        yield Step("read_range", {"path": _place(source), "sheet": source.part}, source, readings.range_rows)


def _as_word(source: Source, tools: Collection[str]) -> Iterator[Step]:
    if source.path.endswith(".docx") and "get_document_text" in tools:
        arguments = {"filename": _place(source)}
        yield Step("get_document_text", arguments, source, lambda text: readings.word_document_of(text, source.path))


def _clause(condition: Condition) -> str:
    column, sign, value = condition
    quoted = ["'" + one.replace("'", "''") + "'" for one in value.split("\n")]
    return f'"{column}" IN ({", ".join(quoted)})' if sign == "in" else f'"{column}" {sign} {quoted[0]}'


_PATHS: Sequence[Callable[[str], str]] = (
    lambda path: path.replace(ROOT + "/", ROOT + "//", 1),
    lambda path: path.replace(ROOT + "/", ROOT + "/./", 1),
)
_QUERIES: Sequence[Callable[[str], str]] = (
    lambda sql: sql.replace("SELECT", "select").replace(" FROM ", "\n  from ").replace(" WHERE ", "\n  where ") + ";",
    lambda sql: sql.replace(" FROM ", "  FROM  ").replace("SELECT ", "SELECT /* what is needed */ ", 1),
)


def _respelt(key: str, value: Any, turn: int) -> Any:
    if isinstance(value, list):
        return [_respelt(key, one, turn) for one in value]
    if not isinstance(value, str) or key not in ("path", "paths", "uri", "filename", "sql", "directory"):
        return value
    return _QUERIES[turn % 2](value) if key == "sql" else _PATHS[turn % 2](value)


def _mistaken(key: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_mistaken(key, one) for one in value]
    if not isinstance(value, str) or key in ("sheet", "range"):
        return value
    return re.sub(r"(\w)(\w)(\.\w+)(?!.*\.\w)", r"\2\1_old\3", value)
