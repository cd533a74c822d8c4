"""What a prompt must not say: answers, values on the way to them, names of tools and servers."""

import re
from collections.abc import Iterable, Sequence

from shared.model.explorations import ExecutedCall
from shared.model.tasks import OfferedTool, ReferenceCall
from shared.proof.locators import locate, text_of

_SHORTEST = 3


def given_away(prompt: str, values: Iterable[str]) -> str:
    """Return the first value that the prompt says; empty when it says none."""
    # A path says which file is meant, whatever words are in it.
    folded = re.sub(r"\S*/\S+", " ", prompt).casefold()
    for value in values:
        text = value.casefold().strip()
        if text and _says(folded, text):
            return value
    return ""


def flowing(calls: Sequence[ReferenceCall], executed: dict[str, ExecutedCall]) -> list[str]:
    """List the values that pass from call to call."""
    return [
        text_of(locate(executed[flow.call_id].result_json, flow.locator_json).value)
        for call in calls
        for flow in call.depends_on
    ]


def names_a_tool(prompt: str, tools: Sequence[OfferedTool]) -> str:
    """Return the first tool name that the prompt says; plain words do not count."""
    words = set(re.findall(r"[\w-]+", prompt))
    return next(
        (
            tool.name
            for tool in tools
            if tool.needed and tool.name in words and re.search(r"[_-]|[a-z][A-Z]", tool.name)
        ),
        "",
    )


def _says(folded: str, text: str) -> bool:
    if len(text) < _SHORTEST and not text.isdigit():
        return False
    # Whole words and numbers: 12 is not said by 12.5 or 1.12.
    pattern = rf"(?<![\w.]){re.escape(text)}(?![\w]|\.\d)"
    return re.search(pattern, folded) is not None
