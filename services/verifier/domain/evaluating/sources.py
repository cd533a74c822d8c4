"""Which files a question stands on, and which offered tools read several of them at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from shared.model import logical_form as lf
from shared.model.errors import Rejected
from shared.model.logical_sources import CHANGED_FILE
from shared.model.tasks import OfferedTool, Task
from shared.proof.canonical import digest, parse
from shared.proof.words import words

_PLAIN = frozenset(
    (
        *(".md", ".markdown", ".txt", ".csv", ".tsv", ".json", ".html", ".htm"),
        *(".py", ".log", ".yaml", ".yml", ".toml", ".ini", ".xml"),
    )
)
_TABULAR = frozenset({"csv", "json"})
_STATEMENT = frozenset({"sql", "query", "statement"})
_FILES_TOO = ("duckdb",)
"""What says that a SQL tool names files as tables."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file, or one repository, that a question's values stand in."""

    path: str
    tabular: bool = False
    """Used as a table only, in a format that SQL over files reads."""

    @property
    def is_plain(self) -> bool:
        """Whether its bytes are text."""
        return PurePosixPath(self.path).suffix.lower() in _PLAIN


@dataclass(frozen=True, slots=True)
class Readers:
    """What the offered tools can do at once."""

    sql_over_files: bool
    many_files: bool


def sources(question: lf.Question) -> tuple[Source, ...]:
    """List what a question's values stand in, each file once."""
    found: dict[str, bool] = {}
    for form in lf.walk(question):
        if isinstance(form, lf.Table):
            # One use that is no table, and SQL over files no longer reads all of it.
            found[form.path] = found.get(form.path, True) and form.format in _TABULAR
        # What is to be written holds nothing yet.
        elif isinstance(form, lf.Change):
            continue
        elif path := getattr(form, "path", ""):
            found.update(dict.fromkeys(_looks(form, path), False))
    return tuple(Source(path, tabular) for path, tabular in sorted(found.items()))


def _looks(form: Any, path: str) -> tuple[str, ...]:
    """What a form looks at: a file, or one state of a repository; a file that must be found first is one of its own."""
    # Which file it is has to be found first, so it is another look whatever its name turns out to be.
    if isinstance(form, lf.FileMeasure | lf.FileNames):
        return (f"{path}/*",)
    if isinstance(form, lf.BranchValue):
        return (f"{path}@{form.branch}",)
    if not isinstance(form, lf.Commit):
        return (path,)
    until = "" if form.before is None else f"@before {digest(lf.to_json(form.before))[:8]}"
    look = f"{path}@{form.branch}" if form.branch else f"{path}{until}"
    # A log says which commit it is; only a second look says what that commit changes.
    return (look, f"{look}#changes") if form.name == CHANGED_FILE and not form.branch else (look,)


def readers(task: Task) -> Readers:
    """Recognise, by their schemas and descriptions, tools that take a statement over files or a list of files."""
    return Readers(
        any(_takes_sql_over_files(tool, task) for tool in task.tools),
        any(_takes_many_files(tool) for tool in task.tools),
    )


def _takes_sql_over_files(tool: OfferedTool, task: Task) -> bool:
    if "sql" not in tool.description.lower() and "query" not in words(tool.name):
        return False
    if not any(set(words(name)) & _STATEMENT for name in _properties(tool)):
        return False
    told = any(word in f"{tool.description} {tool.input_schema_json}".lower() for word in _FILES_TOO)
    return told or any(_names_file(call.arguments_json) for call in task.reference if _is_call_of(call, tool))


def _takes_many_files(tool: OfferedTool) -> bool:
    # A shell prints as many files as it is told.
    if {"command", "cmd"} & set(_properties(tool)):
        return True
    if not {"read", "contents", "convert"} & set(words(tool.description)):
        return False
    return any(
        _is_text_list(schema) and set(words(name)) & {"paths", "files", "uris"}
        for name, schema in _properties(tool).items()
    )


def _is_text_list(schema: Any) -> bool:
    items = schema.get("items") if isinstance(schema, Mapping) and schema.get("type") == "array" else None
    return isinstance(items, Mapping) and items.get("type") == "string"


def _properties(tool: OfferedTool) -> Mapping[str, Any]:
    try:
        schema = parse(tool.input_schema_json or "{}")
    except Rejected:
        return {}
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _is_call_of(call: Any, tool: OfferedTool) -> bool:
    return (call.server_id, call.tool) == (tool.server_id, tool.name)


def _names_file(arguments_json: str) -> bool:
    """Whether a statement stands for a file as a table: its name in quotes."""
    return any(
        f"{ending}'" in text for text in texts(parse(arguments_json)) for ending in (".csv", ".json", ".parquet")
    )


def texts(value: Any) -> Iterator[str]:
    """Walk the texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
