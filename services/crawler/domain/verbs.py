"""What a tool's name promises: a hint for the order of probes, and never proof."""

from collections.abc import Mapping
from typing import Any

from services.crawler.domain.ports import ListedTool
from shared.proof.schemas import object_schema, read_schema, resolve
from shared.proof.words import words


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CHANGES = _set(
    """add append apply archive assign autofit cancel checkout clean clear clone close commit copy create customize cut
    define delete disable drop duplicate edit enable export fill freeze group hide import insert install kill lock make
    mark merge move patch paste populate post protect publish push put record refresh rename reorder replace reset
    resize restore revert rotate save send set split stage stop store submit sync tag touch train trim undo ungroup
    unhide uninstall unlock unmerge unprotect unregister update upload wrap write"""
)
# `add` with numbers only is a sum, `add` with a name is a change.
_ARITHMETIC = _set("add cut merge set split")
_MEMORY = _set("activate begin configure connect init initialize load login register select set start subscribe use")
_REMOVES = _set("cancel clean clear close delete drop kill remove reset stop undo uninstall unregister")
_READS = _set(
    """analyse analyze browse calculate check compare compute convert count describe diff download echo estimate
    evaluate examine execute explain extract fetch find format generate get grep head info inspect integrate list log
    look lookup measure open parse plot predict preview print query read render report resolve retrieve review run scan
    search show simulate solve sort stat statistics status suggest summarize supported tail test transform tree validate
    verify view"""
)


def verb(name: str) -> str:
    """The first word of a tool's name that is a verb known here; empty when none is."""
    return next((word for word in words(name) if word in _CHANGES | _MEMORY | _REMOVES | _READS), "")


def promises_change(tool: ListedTool) -> bool:
    """Whether the name says that something is changed, in the world or in the server's memory."""
    return rank(tool) > 0


def promises_memory(tool: ListedTool) -> bool:
    """Whether the name says that the server remembers something for later calls."""
    return verb(tool.name) in _MEMORY


def rank(tool: ListedTool) -> int:
    """Order of probing: looking, remembering, changing, removing; to add numbers is to look."""
    # By the first verb known here: `get_or_create` looks first.
    said = verb(tool.name)
    if said in _REMOVES:
        # Last: what a removal takes away, no other probe can read any more.
        return 3
    if said in _MEMORY:
        return 1
    return 2 if said in _CHANGES and not (said in _ARITHMETIC and _takes_numbers_only(tool)) else 0


def _takes_numbers_only(tool: ListedTool) -> bool:
    root = read_schema(tool.input_schema_json)
    kinds = [_kind(resolve(declared, root), root) for declared in object_schema(root, root).properties.values()]
    return bool(kinds) and all(kind in ("number", "integer") for kind in kinds)


def _kind(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    return _kind(resolve(schema.get("items"), root), {}) if schema.get("type") == "array" else schema.get("type")
