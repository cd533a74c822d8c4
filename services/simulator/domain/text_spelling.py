"""Forms of paths and of JSON inside strings; what does not look like one keeps its own text."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

ROOT = "/workspace/"
"""Where every server sees its world."""
_FILE = "file://"
# Without a leading slash, only what ends like a file's name: `10//2` is an integer division to some tools. No quotes
# and signs: a slash inside a query's literal is data. Two leading slashes may mean another root to POSIX.
_PATH = re.compile(
    r"""(?:(?:file://)?/(?!/)|\./)[^\x00-\x1f'"`<>|*?;:=\\%#]* | [\w.-][^\x00-\x1f'"`<>|*?;:=\\%#]*\.[A-Za-z]\w*""",
    re.VERBOSE,
)


def is_path(text: str) -> bool:
    """Whether a text can only be read as a path."""
    return "/" in text and _PATH.fullmatch(text) is not None


def single_slashes(text: str) -> str:
    """`a//b` becomes `a/b`; two leading slashes stay, because POSIX leaves their meaning open."""
    scheme, path = _split(text)
    return text if path is None else scheme + re.sub(r"/{2,}", "/", path)


def without_dots(text: str) -> str:
    """`a/./b` and `./a` become `a/b` and `a`; `..` stays, because a link may stand before it."""
    scheme, path = _split(text)
    if path is None:
        return text
    path = re.sub(r"/(?:\./)+", "/", path)
    # Before a word only: `./-x` says that `-x` is no option, and `.//a` would become absolute.
    return scheme + re.sub(r"^(?:\./)+(?=\w)", "", path)


def from_root(text: str) -> str:
    """`/workspace/a` becomes `a`, for servers that read relative paths from there."""
    rest = text.removeprefix(ROOT)
    return rest if rest != text and re.match(r"\w", rest) and is_path(text) else text


def plain_json(text: str) -> str:
    """JSON objects and lists lose white space and the order of keys; numbers keep their digits: 1 is not 1.0 here."""
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_int=_Digits, parse_float=_Digits, parse_constant=_refuse
        )
        return _written(value)
    except (ValueError, RecursionError):
        return text


RULES: Mapping[str, Callable[[str], str]] = {
    "path_slashes": single_slashes,
    "path_dots": without_dots,
    "path_root": from_root,
    "json": plain_json,
}


class _Digits(str):
    """A number as it was written."""

    __slots__ = ()


def _split(text: str) -> tuple[str, str | None]:
    """Split off `file://`; None where the text is no path."""
    if not is_path(text):
        return "", None
    scheme = _FILE if text.startswith(_FILE) else ""
    return scheme, text.removeprefix(scheme)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_written(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return str(value) if isinstance(value, _Digits) else json.dumps(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice: readers differ in which one counts")
    return dict(pairs)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON value")
