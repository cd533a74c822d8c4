"""What a tool can be used for, read from its schema, its typed parameters and its description; never from whose it is.

Descriptions are data: they only decide which shape of call is tried, and the explorer decides whether it worked.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from shared.model.catalogue import Effect
from shared.model.graphs import Parameter, ToolNode
from shared.model.values import ValueKind


class Skill(StrEnum):
    """A shape of call that plans know how to use."""

    QUERY_FILES = "query_files"
    """SQL over files named in the statement."""
    QUERY_TABLES = "query_tables"
    """SQL over the tables of one database."""
    READ_TEXT = "read_text"
    """A file's own text and nothing else: where a value stands in it is known beforehand."""
    SHOW_TEXT = "show_text"
    """A file's text with something around it, or as a command prints it."""
    CONVERT_DOCUMENT = "convert_document"
    """A document in, markdown out."""
    DOCUMENT_TEXT = "document_text"
    DOCUMENT_PROPERTIES = "document_properties"
    READ_SHEET = "read_sheet"
    FIND_CELLS = "find_cells"
    CLOCK = "clock"
    CONVERT_UNIT = "convert_unit"
    PERCENTAGE = "percentage"
    CALCULATE = "calculate"
    DESCRIBE_NUMBERS = "describe_numbers"
    LOG = "log"
    SHOW_REVISION = "show_revision"
    DIFF_REVISION = "diff_revision"
    REGISTER_FOLDER = "register_folder"
    MEASURE_CODE = "measure_code"
    LIST_SYMBOLS = "list_symbols"
    WRITE_TEXT = "write_text"
    """A new text file with the content given, proven to be written."""


@dataclass(frozen=True, slots=True)
class Ability:
    """One tool in one role; `arguments` names the parameter that plays each part."""

    skill: Skill
    node: ToolNode
    arguments: tuple[tuple[str, str], ...]
    detail: tuple[str, ...] = ()
    """Enum texts that matter: units known, operations known."""

    def argument(self, part: str) -> str:
        """Parameter name of a part; empty when it has none."""
        return dict(self.arguments).get(part, "")


@dataclass(frozen=True, slots=True)
class Toolbox:
    """Every ability of the tools of one graph version."""

    abilities: tuple[Ability, ...]

    def having(self, skill: Skill) -> tuple[Ability, ...]:
        """Abilities of one skill, in a fixed order."""
        return tuple(ability for ability in self.abilities if ability.skill is skill)


_MUTATING = (Effect.WORLD,)
_PAIR = 2
_SEEN_ENOUGH = 2
_BARE = re.compile(r"(/\d+)+")
_PATH_NAMES = ("path", "file_path", "filename", "file", "filepath")


def toolbox(nodes: Iterable[ToolNode]) -> Toolbox:
    """Read the abilities of all tools that do not change the world."""
    ordered = sorted(nodes, key=lambda node: (node.server_id, node.name))
    return Toolbox(tuple(ability for node in ordered for ability in _abilities(node)))


def abilities(node: ToolNode) -> tuple[Ability, ...]:
    """Read one tool's abilities."""
    return tuple(_abilities(node))


def _abilities(node: ToolNode) -> Iterator[Ability]:
    text = f"{node.name.replace('_', ' ')} {node.description}".lower()
    if "deprecated" in text:
        return
    # Plans fill arguments at the top level only.
    view = _View(node, text, tuple(p for p in node.parameters if p.pointer.count("/") == 1))
    # A question reads; a tool that moves the world would make every later call of the plan start elsewhere. It is for
    # what a task asks to be changed, and only where it was seen to change the world.
    if node.behaviour.effect in _MUTATING:
        yield from _writing(view)
        return
    # By words of schema and description, never by a server's name: any server with such a tool can be used.
    for recognise in (_sql, _reading, _commanding, _workbook, _converting, _computing, _history, _code):
        yield from recognise(view)


@dataclass(frozen=True, slots=True)
class _View:
    node: ToolNode
    text: str
    parameters: tuple[Parameter, ...]

    @property
    def required(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.required)

    def says(self, pattern: str) -> bool:
        return re.search(pattern, self.text) is not None

    def named(self, *names: str) -> str:
        return next((p.name for p in self.parameters if p.name in names), "")

    def only_required(self, *names: str) -> bool:
        # Exactly these: one that a plan does not know would make every call fail.
        return {p.name for p in self.required} == {name for name in names if name}

    def ability(self, skill: Skill, detail: Iterable[str] = (), **arguments: str) -> Ability:
        return Ability(skill, self.node, tuple(sorted(arguments.items())), tuple(detail))


def _sql(view: _View) -> Iterator[Ability]:
    statement = next((p.name for p in view.parameters if p.language == "sql"), "") or view.named("sql")
    if not statement or not view.only_required(statement) or _prints_bare_rows(view.node):
        return
    described = view.text + " ".join(_described(view.node).values()).lower()
    # DuckDB reads files that the statement names; another database holds only its own tables.
    if "duckdb" in described:
        yield view.ability(Skill.QUERY_FILES, statement=statement)
    elif view.says(r"\b(select|read)\b") or (
        view.says(r"\b(execute|run)\b") and not view.says(r"\b(insert|update|delete|create)\b")
    ):
        yield view.ability(Skill.QUERY_TABLES, statement=statement)


def _prints_bare_rows(node: ToolNode) -> bool:
    """Tell whether its answers were seen to hold no value under a name: rows without the names of their columns."""
    seen = [json.loads(output.locator_json)[-1] for output in node.outputs if output.locator_json and output.key]
    return node.successes > _SEEN_ENOUGH and all(_BARE.fullmatch(step.get("pointer", "")) for step in seen)


def _reading(view: _View) -> Iterator[Ability]:
    path = next((p.name for p in view.required if p.kind is ValueKind.PATH or p.name in _PATH_NAMES), "")
    one = bool(path) and view.only_required(path)
    document = view.says(r"\b(word|docx|document)\b")
    if (
        one
        and view.says(r"\b(contents? of a (single )?file|read a file)\b")
        # Pictures, several files at once, and facts about a file are other tools of the same servers.
        and not view.says(r"base64|multiple|metadata about")
    ):
        yield view.ability(Skill.READ_TEXT, path=path)
    elif one and view.says(r"\breads? (content from )?a file\b") and not view.says(r"base64|multiple"):
        yield view.ability(Skill.SHOW_TEXT, path=path)
    if one and document and view.says(r"\bextract all text\b|\bfull text\b|\ball (the )?text\b"):
        yield view.ability(Skill.DOCUMENT_TEXT, path=path)
    if one and document and view.says(r"\b(information about|properties of|metadata of) an? .*document\b"):
        yield view.ability(Skill.DOCUMENT_PROPERTIES, path=path)
    uri = next((p.name for p in view.required if p.kind is ValueKind.URL or p.name in ("uri", "url")), "")
    if uri and view.only_required(uri) and view.says(r"\bmarkdown\b") and view.says(r"\bfile:"):
        yield view.ability(Skill.CONVERT_DOCUMENT, uri=uri)
    sort = view.named("file_type", "type", "format")
    if path and sort and view.only_required(path, sort) and view.says(r"\bextract content\b.*\bdocument"):
        yield view.ability(Skill.CONVERT_DOCUMENT, path=path, sort=sort)


def _commanding(view: _View) -> Iterator[Ability]:
    command = next((p for p in view.required if p.name in ("command", "cmd")), None)
    # A shell prints files; which commands it lets through is seen when it is tried.
    if command is None or not view.only_required(command.name) or not view.says(r"\b(run|execut\w+)\b"):
        return
    if command.json_type in ("string", "array"):
        yield view.ability(Skill.SHOW_TEXT, detail=(command.json_type,), command=command.name)


def _workbook(view: _View) -> Iterator[Ability]:
    path, sheet = view.named(*_PATH_NAMES), view.named("sheet", "sheet_name")
    cells, query = view.named("range", "cell_range"), view.named("query")
    if path and sheet and cells and view.only_required(path, sheet) and view.says(r"\bread\b.*\bcell"):
        yield view.ability(Skill.READ_SHEET, path=path, sheet=sheet, range=cells)
    if path and sheet and query and view.only_required(path, query) and view.says(r"\bfind cells\b"):
        yield view.ability(Skill.FIND_CELLS, path=path, sheet=sheet, query=query, exact=view.named("exact"))


def _converting(view: _View) -> Iterator[Ability]:
    zones = [p.name for p in view.required if p.kind is ValueKind.TIME_ZONE]
    time = next((p.name for p in view.required if p.kind is ValueKind.TIME), "")
    source = next((name for name in zones if re.search("source|from", name)), "")
    target = next((name for name in zones if re.search("target|to_|dest", name)), "")
    if len(zones) == _PAIR and time and source and target and view.only_required(time, *zones):
        yield view.ability(Skill.CLOCK, time=time, source=source, target=target)
    units = [p for p in view.required if p.enum and "unit" in p.name]
    number = next((p.name for p in view.required if p.json_type in ("number", "integer")), "")
    if (
        len(units) == _PAIR
        and number
        and units[0].enum == units[1].enum
        and view.only_required(number, *(p.name for p in units))
    ):
        into = next((p.name for p in units if p.name.startswith(("to", "target"))), units[1].name)
        out_of = next(p.name for p in units if p.name != into)
        yield view.ability(
            Skill.CONVERT_UNIT, map(str, _texts(units[0].enum)), value=number, source=out_of, target=into
        )


def _computing(view: _View) -> Iterator[Ability]:
    choice = next((p for p in view.required if p.enum), None)
    numbers = [p.name for p in view.required if p.json_type == "number"]
    if choice and {"of", "change"} <= set(_texts(choice.enum)) and len(numbers) == _PAIR:
        second = next((name for name in numbers if "percent" in name), numbers[1])
        first = next(name for name in numbers if name != second)
        yield view.ability(
            Skill.PERCENTAGE, map(str, _texts(choice.enum)), operation=choice.name, first=first, second=second
        )
    expression = view.named("expression", "formula")
    if expression and view.only_required(expression) and view.says(r"\bevaluates?\b.*\bexpression"):
        yield view.ability(Skill.CALCULATE, expression=expression)
    array = next(
        (p for p in view.required if p.json_type == "array" and not p.enum and p.name in ("data", "values", "numbers")),
        None,
    )
    kinds = view.named("analyses")
    if array and kinds and view.only_required(array.name, kinds) and view.says(r"\bdescribe\b"):
        yield view.ability(Skill.DESCRIBE_NUMBERS, data=array.name, analyses=kinds)


def _history(view: _View) -> Iterator[Ability]:
    folder = view.named("repo_path", "repository", "repo")
    if not folder:
        return
    if (
        view.only_required(folder)
        and view.says(r"\bcommit (logs?|history)\b")
        and view.named("max_count", "limit", "n")
    ):
        until = view.named("end_timestamp", "until", "before")
        yield view.ability(Skill.LOG, folder=folder, count=view.named("max_count", "limit", "n"), until=until)
    revision = view.named("revision", "rev", "commit")
    if revision and view.only_required(folder, revision) and view.says(r"\bcontents? of a commit\b"):
        yield view.ability(Skill.SHOW_REVISION, folder=folder, revision=revision)
    other = view.named("target", "branch", "ref")
    if other and view.only_required(folder, other) and view.says(r"\bdifferences? between branches\b|\bdiff\b"):
        yield view.ability(Skill.DIFF_REVISION, folder=folder, revision=other)


def _code(view: _View) -> Iterator[Ability]:
    folder = view.named("path", "directory", "folder")
    if folder and view.only_required(folder) and view.says(r"\bregister\b.*\b(project|folder|directory)\b"):
        yield view.ability(Skill.REGISTER_FOLDER, folder=folder, name=view.named("name"))
    project, path = view.named("project"), view.named("file_path", "path")
    if project and path and view.only_required(project, path):
        if view.says(r"\bcomplexity\b"):
            yield view.ability(Skill.MEASURE_CODE, project=project, path=path)
        elif view.says(r"\b(extract|list) symbols\b"):
            yield view.ability(Skill.LIST_SYMBOLS, project=project, path=path)


def _writing(view: _View) -> Iterator[Ability]:
    path = next((p.name for p in view.required if p.kind is ValueKind.PATH or p.name in _PATH_NAMES), "")
    content = next((p.name for p in view.required if p.name in ("content", "contents", "text", "body")), "")
    whole = view.says(r"\b(create|write|save)\b.*\bfile\b") and not view.says(r"\bappend|\bparagraph|\bdocument\b")
    if path and content and view.only_required(path, content) and whole:
        yield view.ability(Skill.WRITE_TEXT, path=path, content=content)


def _texts(enum: tuple[str, ...]) -> list[str]:
    return [value for text in enum if isinstance(value := _read(text), str)]


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


@lru_cache(maxsize=4096)
def _described(node: ToolNode) -> Mapping[str, str]:
    schema = _read(node.input_schema_json)
    properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
    return {
        name: str(body.get("description", ""))
        for name, body in (properties.items() if isinstance(properties, dict) else ())
        if isinstance(body, dict)
    }
