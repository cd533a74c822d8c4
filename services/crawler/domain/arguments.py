"""Arguments for probes: few, valid by the schema, agreeing with one another and with the world's files."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.crawler.domain import texts
from services.crawler.domain.ports import ListedTool
from services.crawler.domain.scenes import Scene, everywhere, scenes
from services.crawler.domain.texts import Place
from services.crawler.domain.verbs import promises_memory
from shared.model.catalogue import WorldRecord
from shared.proof.canonical import canonical
from shared.proof.schemas import non_null_branches, object_schema, of_type, read_schema, resolve
from shared.proof.words import words

_DEPTH = 5
_IMAGES = frozenset({"png", "jpg", "jpeg", "gif", "webp", "image", "pdf"})
# It has an inverse, without which half of what is done with matrices fails.
_SQUARE = [[2, 1], [1, 3]]
_NUMBERS = [3, 1, 2, 5, 4]
_Make = Callable[["_Where"], Any]


@dataclass(frozen=True, slots=True)
class _Where:
    """A schema and the place its value goes to."""

    place: Place
    schema: Mapping[str, Any]
    root: Mapping[str, Any]
    depth: int = 0
    fills: bool = False
    """Whether optional members that name a place are given too."""

    def at(self, name: str, schema: Mapping[str, Any]) -> "_Where":
        """The same for a member."""
        text = str(schema.get("description", ""))
        form = str(schema.get("format", ""))
        place = replace(self.place, name=name, text=text or self.place.text * (name == self.place.name), form=form)
        return replace(self, place=place, schema=schema, depth=self.depth + 1)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all tools of a server have in common for their arguments."""

    world: WorldRecord
    everything: str
    """All names and descriptions of the server."""
    registers: bool
    """Whether it has a tool that remembers a folder under a name, which others then go by."""


def surroundings(tools: tuple[ListedTool, ...], world: WorldRecord) -> Surroundings:
    """Read what a server's tools have in common."""
    everything = " ".join(f"{tool.name.replace('_', ' ')} {tool.description}" for tool in tools)
    return Surroundings(world, everything, any(_is_registration(tool) for tool in tools))


def variants(tool: ListedTool, around: Surroundings, most: int) -> tuple[str, ...]:
    """Write up to `most` different argument objects, canonical JSON, the likeliest first."""
    drawn = scenes(around.world, _text(tool), around.everything, most)
    # Each scene twice: `path` means a file to one tool and its folder to the next. Then with optional places: what a
    # server takes for granted (`Default: the first workbook directory`) may not be there.
    found = [*_written(tool, around, drawn * 2, fills=False), *_written(tool, around, drawn, fills=True)]
    return tuple(dict.fromkeys(found))[:most]


def look_arounds(tool: ListedTool, around: Surroundings) -> tuple[tuple[str, str], ...]:
    """Write what looks at each place of the world: pairs of a place's kind and canonical arguments, without repeats.

    None where something else than a file, folder, repository or table has to be said.
    """
    root = read_schema(tool.input_schema_json)
    is_about_places = all(texts.names_place(name) for name in object_schema(root, root).required)
    # A remembered name stands for a place only after the call that remembers it.
    if not is_about_places or (around.registers and goes_by_name(tool)):
        return ()
    found: dict[str, str] = {}
    for fills in (False, True):
        for kind, scene in everywhere(around.world, _text(tool), around.everything):
            place = Place("", "", "", tool, scene, around.registers, prefers_folder=scene.file == scene.folder)
            found.setdefault(canonical(_object(_Where(place, root, root, fills=fills))), kind)
    return tuple((kind, arguments) for arguments, kind in found.items())


def _written(tool: ListedTool, around: Surroundings, drawn: Iterable[Scene], *, fills: bool) -> Iterator[str]:
    root = read_schema(tool.input_schema_json)
    for number, scene in enumerate(drawn):
        place = Place("", "", "", tool, scene, around.registers, prefers_folder=number % 2 == 1)
        yield canonical(_object(_Where(place, root, root, fills=fills)))


def _text(tool: ListedTool) -> str:
    root = read_schema(tool.input_schema_json)
    return " ".join([tool.name.replace("_", " "), tool.description, *_descriptions(root)])


def goes_by_name(tool: ListedTool) -> bool:
    """Whether a tool asks for something that another tool must have remembered first."""
    return "project" in object_schema(root := read_schema(tool.input_schema_json), root).properties


def takes_paths(tool: ListedTool) -> bool:
    """Whether an argument may name something of the world: a path, or a statement that can hold one."""
    root = read_schema(tool.input_schema_json)
    return any(texts.names_world(name) for name in _names(root, root, 0))


def _is_registration(tool: ListedTool) -> bool:
    root = read_schema(tool.input_schema_json)
    names = object_schema(root, root).properties.keys()
    return promises_memory(tool) and "name" in names and any(texts.names_world(name) for name in names)


def _names(schema: Any, root: Mapping[str, Any], depth: int) -> Iterator[str]:
    for name, declared in object_schema(schema, root).properties.items():
        yield name
        if depth < _DEPTH:
            inner = resolve(declared, root)
            yield from _names(inner, root, depth + 1)
            yield from _names(inner.get("items"), root, depth + 1)


def _descriptions(root: Mapping[str, Any]) -> Iterator[str]:
    for declared in object_schema(root, root).properties.values():
        yield str(resolve(declared, root).get("description", ""))


def _object(where: _Where) -> dict[str, Any]:
    shape = object_schema(where.schema, where.root)
    values: dict[str, Any] = {}
    for name, declared in shape.properties.items():
        schema = resolve(declared, where.root)
        if name in shape.required or (where.depth == 0 and _is_worth_giving(name, schema, where, shape.required)):
            values[name] = _value(where.at(name, schema))
    return values


def _is_worth_giving(name: str, schema: Mapping[str, Any], where: _Where, required: frozenset[str]) -> bool:
    """Optional members that matter: text instead of a picture, the name to remember, the path when nothing else."""
    # A picture proves nothing: no value can be taken out of it.
    if _text_form(schema) is not None:
        return True
    if name == "name" and promises_memory(where.place.tool):
        return True
    if where.fills and texts.names_place(name):
        return True
    # A tool whose every argument is optional often still needs its file.
    return not required and "default" not in schema and texts.names_file(name)


def _value(where: _Where) -> Any:
    # The default of a place is what a call without that member says already.
    for known in _declared(where.schema, with_default=not (where.fills and texts.names_place(where.place.name))):
        return known
    branches = non_null_branches(where.schema, where.root)
    if branches and "type" not in where.schema:
        # "A number or a list of them": the name says which is meant.
        branch = _best_branch(branches, frozenset(words(where.place.name)))
        return _value(where.at(where.place.name, {"description": where.place.text, **branch}))
    kind = where.schema.get("type")
    kind = next((name for name in kind if name != "null"), None) if isinstance(kind, list) else kind
    return _BY_TYPE.get(str(kind), _string)(where) if where.depth <= _DEPTH else None


def _best_branch(branches: tuple[Mapping[str, Any], ...], said: frozenset[str]) -> Mapping[str, Any]:
    many = said & {"array", "array1", "array2", "matrix", "matrix1", "matrix2", "list", "items", "values", "data"}
    return next((branch for branch in branches if many and branch.get("type") == "array"), branches[0])


def _declared(schema: Mapping[str, Any], *, with_default: bool) -> Iterator[Any]:
    if "const" in schema:
        yield schema["const"]
    if (form := _text_form(schema)) is not None:
        yield form
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        yield schema["enum"][0]
    if with_default and schema.get("default") is not None and of_type(schema["default"], schema.get("type")):
        yield schema["default"]
    if isinstance(schema.get("examples"), list) and schema["examples"]:
        yield schema["examples"][0]


def _text_form(schema: Mapping[str, Any]) -> Any:
    """Of several forms of output the one that is text: pictures prove nothing more and cost much more."""
    members = schema.get("enum")
    if not isinstance(members, list) or not any(member in _IMAGES for member in members):
        return None
    return next((member for member in reversed(members) if member not in _IMAGES), None)


def _number(where: _Where) -> Any:
    low, high = where.schema.get("minimum"), where.schema.get("maximum")
    said = frozenset(words(where.place.name))
    value = 2026 if "year" in said else 1 if said & {"index", "row", "line", "page", "level"} else 2
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value


def _array(where: _Where) -> list[Any]:
    items = resolve(where.schema.get("items"), where.root)
    least = where.schema.get("minItems", 1)
    count = min(max(int(least) if isinstance(least, int) else 1, 1), len(_NUMBERS))
    if items.get("type") in ("number", "integer"):
        return _NUMBERS[: max(count, 2)]
    if items.get("type") == "array":
        inner = resolve(items.get("items"), where.root)
        return _SQUARE if inner.get("type") in ("number", "integer") or not inner else [["name", "count"], ["probe", 1]]
    first = _value(where.at(where.place.name, items))
    more = where.place.scene.others if texts.names_file(where.place.name) else ()
    return [first, *more][:count] if more else [first] * count


def _string(where: _Where) -> str:
    return texts.text_for(where.place)


_BY_TYPE: Mapping[str, _Make] = {
    "boolean": lambda _where: False,
    "integer": _number,
    "number": _number,
    "array": _array,
    "object": _object,
    "null": lambda _where: None,
    "string": _string,
}
