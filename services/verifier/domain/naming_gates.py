"""Prompts name things as a colleague would, not by tool or server.

A name of several words (`read_text_file`, `tree-sitter`, `getSymbols`) is recognised wherever it stands; a name that is
an ordinary word (`time`, `memory`, `word`) only where it is used as a name: quoted, or beside "tool" or "server".
"""

import re
from collections.abc import Iterator

from services.verifier.domain.case import Case
from shared.proof.words import words

_NOUN = r"(?:mcp|tools?|servers?|functions?|api)"


def names_tool(case: Case) -> str | None:
    """Refuse a prompt that names an offered tool or its server."""
    prompt = f"{case.task.told}\n{case.task.system}".casefold()
    for name in dict.fromkeys(_names(case)):
        if any(re.search(pattern, prompt) for pattern in _patterns(name)):
            return f"the text names {name!r}"
    return None


def _names(case: Case) -> Iterator[str]:
    for tool in case.task.tools:
        yield tool.name
        yield tool.offered_name
        yield tool.server_id


def _patterns(name: str) -> Iterator[str]:
    exact, parts = re.escape(name.casefold()), words(name)
    if len(parts) > 1:
        yield rf"(?<!\w){exact}(?!\w)"
        yield rf"(?<!\w){'[_-]'.join(map(re.escape, parts))}(?!\w)"
        yield rf"(?<!\w){' '.join(map(re.escape, parts))} {_NOUN}\b"
    else:
        yield rf"[`'\"]{exact}[`'\"]"
        yield rf"(?<!\w){exact}[ -]{_NOUN}\b"
        yield rf"\b{_NOUN} {exact}(?!\w)"
