"""A string for a parameter, from its name, its description and the scene."""

import re
from dataclasses import dataclass

from services.crawler.domain.ports import ListedTool
from services.crawler.domain.scenes import MOUNT, Scene, absolute, files_of
from services.crawler.domain.verbs import verb
from shared.proof.words import words

REGISTERED = "probe"
"""The name under which a folder is remembered by a server that remembers folders."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FILES = _set("path paths file files filename filenames filepath document workbook uri uris")
_FOLDERS = _set("dir directory directories folder folders root project workspace cwd")
_NEW = _set("output destination dest target new save out export")
_ENDS = _set("source src destination dest target")
_REPOSITORY = _set("repo repository")
_TABLES = _set("sheet worksheet table")
_STATEMENTS = _set("sql query statement command script code database url")
_TAILS = _set("name names id ids string str value type param input text")
_MOVES = re.compile(r"\b(?:file|document|director|folder)", re.I)
_FOLDER_TEXT = re.compile(r"\b(?:director(?:y|ies)|folder)\b", re.I)
_QUOTED = re.compile(r"[\"'`]([^\"'`\n]{1,80})[\"'`]")
_SUGGESTED = re.compile(r"(?:e\.g\.|for example|such as|examples?:?|like|:)[,:\s]*[\"'`]([^\"'`\n]{1,80})[\"'`]", re.I)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a string goes."""

    name: str
    text: str
    """The parameter's description."""
    form: str
    """Its declared format."""
    tool: ListedTool
    scene: Scene
    registers: bool
    prefers_folder: bool

    @property
    def said(self) -> frozenset[str]:
        """The words of its name."""
        return frozenset(words(self.name))


def names_world(name: str) -> bool:
    """Whether a parameter of this name may point at something in the world."""
    return bool(frozenset(words(name)) & (_FILES | _FOLDERS | _REPOSITORY | _STATEMENTS))


def names_file(name: str) -> bool:
    """Whether a parameter of this name is a path of a file."""
    return bool(frozenset(words(name)) & _FILES)


def names_place(name: str) -> bool:
    """Whether a parameter of this name is a file, folder, repository or table that already is there."""
    said = frozenset(words(name))
    return bool(said & (_FILES | _FOLDERS | _REPOSITORY | _TABLES)) and not said & _NEW


def text_for(place: Place) -> str:
    """The likeliest string."""
    # What agrees with the world comes before what the description suggests: examples there name files nobody has.
    for rule in (_remembered, _path, _formatted, _suggested, _by_head, _by_description, _by_any_word, _quoted):
        if (found := rule(place)) is not None:
            return found
    return "probe"


def _remembered(place: Place) -> str | None:
    """A server that remembers folders under a name is asked by that name, and by paths below the folder."""
    if not place.registers:
        return None
    if place.said == {"project"} or (place.said <= {"project", "name"} and not place.said & _FILES):
        return REGISTERED
    # Such servers want paths below the remembered folder; an absolute one is refused.
    goes_by_name = '"project"' in place.tool.input_schema_json
    if goes_by_name and place.said & _FILES:
        return place.scene.file.removeprefix(f"{MOUNT}/")
    return MOUNT if place.said & _FILES and verb(place.tool.name) == "register" else None


def _path(place: Place) -> str | None:
    said, scene = place.said, place.scene
    if said & _REPOSITORY:
        return scene.repository
    if said <= _ENDS and _MOVES.search(place.tool.description):
        return scene.file if said & {"source", "src"} else f"{MOUNT}/firefly-probe-moved"
    if said & _FOLDERS:
        return MOUNT if said & {"root", "cwd", "workspace"} else scene.folder
    return _file(place) if said & _FILES else None


def _file(place: Place) -> str:
    said, scene = place.said, place.scene
    if said & _NEW or (verb(place.tool.name) == "create" and not said & {"source", "image", "csv"}):
        # A new name: writing over a file would take away what later probes read.
        return f"{MOUNT}/firefly-probe{_suffix(scene.file)}"
    if named := files_of(scene.world, " ".join(words(place.name))):
        return absolute(named[0])
    # The first words only: "path of the file, in any folder" is a file.
    wants_folder = _FOLDER_TEXT.search(" ".join(place.text.split()[:5]) or place.tool.name.replace("_", " "))
    path = scene.folder if wants_folder or place.prefers_folder else scene.file
    return f"file://{path}" if said & {"uri", "uris"} else path


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rfind(".") :] if "." in name else ".txt"


def _formatted(place: Place) -> str | None:
    known = {"date": place.scene.date, "date-time": f"{place.scene.date}T09:00:00Z", "email": "probe@example.com"}
    known |= {"uri": "https://example.com/", "time": "14:30:00", "uuid": "00000000-0000-4000-8000-000000000000"}
    return known.get(place.form)


def _suggested(place: Place) -> str | None:
    """What the description itself offers, unless the world knows better."""
    # The scene knows a sheet that exists; a description's example (`Sheet1`) seldom does.
    if place.said & {"sheet", "column", "field", "cell", "range"}:
        return None
    # After a cue such as `e.g.`: other quoted words name options.
    found = _SUGGESTED.search(place.text)
    return found[1] if found else None


def _by_head(place: Place) -> str | None:
    parts = words(place.name)
    while len(parts) > 1 and parts[-1] in _TAILS and parts[-1] != "type":
        parts = parts[:-1]
    return _table(place).get(parts[-1]) if parts else None


def _by_any_word(place: Place) -> str | None:
    if "type" in place.said:
        return None
    table = _table(place)
    return next((table[word] for word in words(place.name) if word in table), None)


def _by_description(place: Place) -> str | None:
    """A position said in words: `at: top-left cell`."""
    if re.search(r"\bcell\b", place.text, re.I):
        return "A1"
    return "A1:C5" if re.search(r"\brange\b", place.text, re.I) else None


def _quoted(place: Place) -> str | None:
    found = _QUOTED.search(place.text)
    return found[1] if found else None


def _table(place: Place) -> dict[str, str]:
    scene, tool = place.scene, place.tool
    is_sql = re.search(r"\bsql\b", f"{tool.description} {place.text}", re.I)
    zone, text = "Europe/Paris", scene.word
    # Harmless in every dialect, and it needs no table.
    statement = "SELECT 1 AS one"
    return {
        **dict.fromkeys(("timezone", "zone", "tz"), zone),
        **dict.fromkeys(("sheet", "worksheet", "table"), scene.sheet),
        **dict.fromkeys(("column", "field", "header"), scene.column),
        **dict.fromkeys(("cell", "anchor", "at"), "A1"),
        **dict.fromkeys(("range", "ranges"), "A1:C5"),
        **dict.fromkeys(("expression", "expressions"), "2 + 3 * 4"),
        **dict.fromkeys(("equation", "equations"), "x + 2 = 5"),
        **dict.fromkeys(("commit", "revision", "ref"), "HEAD"),
        **dict.fromkeys(("date", "day", "since", "until"), scene.date),
        **dict.fromkeys(("color", "colour"), "#336699"),
        **dict.fromkeys(("url", "link", "href"), "https://example.com/"),
        **dict.fromkeys(("search", "find", "keyword", "term", "text", "content", "message", "title"), text),
        **dict.fromkeys(("name", "names", "entity"), REGISTERED if place.registers else scene.name),
        "target": "HEAD" if "repo" in tool.input_schema_json else text,
        "sql": statement,
        "query": statement if is_sql else text,
        "formula": "=SUM(B2:B4)",
        "variable": "x",
        "language": scene.language,
        "branch": "probe-branch" if verb(tool.name) == "create" else "main",
        # An hour that is read the same with and without am and pm.
        "time": "14:30",
        "email": "probe@example.com",
        "pattern": "*",
        "glob": "*",
    }
