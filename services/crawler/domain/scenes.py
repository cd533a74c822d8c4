"""A place in the world that arguments agree on: this workbook, its sheet, a column of it, a word in it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shared.model.catalogue import WorldRecord, WorldTable
from shared.model.values import ValueKind

MOUNT = "/workspace"
FORMATS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (".xlsx", re.compile(r"excel|xlsx|workbook|worksheet|spreadsheet", re.I)),
    (".docx", re.compile(r"\bword\b|docx", re.I)),
    (".pptx", re.compile(r"power ?point|pptx|\bslides?\b", re.I)),
    (".pdf", re.compile(r"\bpdf\b", re.I)),
    (".csv", re.compile(r"\bcsv\b", re.I)),
    (".db", re.compile(r"sqlite|\.db\b", re.I)),
    (".png", re.compile(r"\bimage\b|\bpicture\b|\bphoto\b|\bpng\b", re.I)),
    (".py", re.compile(r"source (?:file|code)|\bast\b|syntax|\bcode\b|symbols?\b|\bpython\b", re.I)),
    (".html", re.compile(r"\bhtml\b", re.I)),
    (".json", re.compile(r"\bjson (?:file|document)", re.I)),
    (".md", re.compile(r"markdown|\bmd\b", re.I)),
)
"""Which files a text speaks of; the first that fits and exists wins."""
_OFTEN = 4
"""Mentions in all of a server's descriptions that make a format the server's own."""
_TEXTS = (".md", ".txt", ".csv", ".json", ".py")
_LANGUAGES = {".py": "python", ".js": "javascript", ".ts": "typescript", ".json": "json", ".html": "html"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What one variant of a tool's arguments is drawn from."""

    file: str
    """Path of a file, absolute in the mount."""
    folder: str
    repository: str
    sheet: str
    column: str
    word: str
    name: str
    date: str
    language: str
    world: WorldRecord
    others: tuple[str, ...] = ()
    """More files of the same format."""


def scenes(world: WorldRecord, text: str, everything: str, most: int) -> tuple[Scene, ...]:
    """Draw scenes for a tool whose description is `text`; `everything` is what its whole server says."""
    # The tool's own words first: one server may read three formats with different tools.
    files = files_of(world, text) or _own_files(world, everything) or _text_files(world)
    return tuple(_scene(world, path, files) for path in files[:most]) or (_scene(world, "", []),)


def everywhere(world: WorldRecord, text: str, everything: str) -> Iterator[tuple[str, Scene]]:
    """Draw a scene for each table, file and folder that a tool may be asked about, each with its kind of place.

    A file's kind is its suffix. Of a server that speaks of one format, only files of that format and their folders.
    """
    files = files_of(world, text) or _own_files(world, everything) or _with_suffix(world, "")
    for path in files:
        tables = [table for table in world.tables if table.path == path]
        yield from ((_suffix(path), _scene(world, path, files, table)) for table in tables or (None,))
    folders = {folder for path in files for folder in _folders(path)}
    for folder in sorted(folders, key=lambda folder: (folder.count("/"), folder)):
        place = absolute(folder)
        yield "folder", replace(_scene(world, folder, files), file=place, folder=place)


def files_of(world: WorldRecord, text: str) -> list[str]:
    """Paths of the format that a text speaks of, the plainest first."""
    for suffix, pattern in FORMATS:
        if pattern.search(text) and (found := _with_suffix(world, suffix)):
            return found
    return []


def absolute(path: str) -> str:
    """A world's path as a server sees it."""
    return f"{MOUNT}/{path}" if path else MOUNT


def repositories(world: WorldRecord) -> tuple[str, ...]:
    """Folders that hold a git repository."""
    heads = [file.path for file in world.files if file.path.endswith(".git/HEAD")]
    return tuple(absolute(path.removesuffix(".git/HEAD").rstrip("/")) for path in heads)


def _own_files(world: WorldRecord, everything: str) -> list[str]:
    counted = sorted(((len(pattern.findall(everything)), suffix) for suffix, pattern in FORMATS), reverse=True)
    return next((files for said, suffix in counted if said >= _OFTEN and (files := _with_suffix(world, suffix))), [])


def _text_files(world: WorldRecord) -> list[str]:
    found = [path for suffix in _TEXTS for path in _with_suffix(world, suffix)]
    return found or [file.path for file in world.files]


def _with_suffix(world: WorldRecord, suffix: str) -> list[str]:
    # Hidden folders hold what programs keep for themselves.
    paths = [file.path for file in world.files if file.path.lower().endswith(suffix) and "/." not in f"/{file.path}"]
    # The plainest first: files deep in a tree are generated, nested in archives, or about something else.
    return sorted(paths, key=lambda path: (path.count("/"), len(path), path))


def _folders(path: str) -> Iterator[str]:
    """The folders above a path, the mount (empty) last."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _suffix(path: str) -> str:
    return path[path.rfind(".") :].lower() if "." in path else ""


def _scene(world: WorldRecord, path: str, files: Sequence[str], table: WorldTable | None = None) -> Scene:
    table = table or next((table for table in world.tables if table.path == path), None)
    repository = next(iter(repositories(world)), MOUNT)
    return Scene(
        file=absolute(path),
        folder=absolute(path.rpartition("/")[0]),
        repository=repository,
        sheet=table.name if table else "Sheet1",
        column=table.columns[0].name if table and table.columns else "name",
        word=_word(world, path, table),
        name=_sample(world, (ValueKind.NAME, ValueKind.IDENTIFIER)) or "Probe",
        date=world.frozen_now[:10],
        language=_LANGUAGES.get(_suffix(path), "python"),
        world=world,
        others=tuple(absolute(other) for other in files if other != path)[:2],
    )


def _word(world: WorldRecord, path: str, table: WorldTable | None) -> str:
    if table:
        for column in table.columns:
            if column.samples and column.kind in (ValueKind.NAME, ValueKind.IDENTIFIER, ValueKind.ENUM_MEMBER):
                return column.samples[0]
    title = next((file.title for file in world.files if file.path == path and file.title), "")
    return next((word for word in re.findall(r"[^\W\d_]{4,}", title)), "the")


def _sample(world: WorldRecord, kinds: Iterable[ValueKind]) -> str:
    wanted = tuple(kinds)
    columns = (column for table in world.tables for column in table.columns if column.kind in wanted)
    return next((column.samples[0] for column in columns if column.samples), "")
