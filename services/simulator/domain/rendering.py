"""What an agent sees of a reply: content blocks, structured content, one text; cut to the episode's limit."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.simulator.domain.replaying import Reply
from shared.proof.canonical import parse_canonical
from shared.proof.plain import plain_json

_KEPT_CHARS = 16_384
"""Longest result whose rendering is remembered."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The agent's view of a reply."""

    content_json: str
    structured_content_json: str
    text: str
    truncated: bool


def show(reply: Reply, max_chars: int) -> Shown:
    """Render a reply; `max_chars` 0 means uncut."""
    # Long ones are not kept: 1,024 results of a megabyte each would be.
    render = _render if len(reply.result_json) <= _KEPT_CHARS else _render.__wrapped__
    return render(reply.result_json, max_chars)


@functools.lru_cache(maxsize=1024)
def _render(result_json: str, max_chars: int) -> Shown:
    result = parse_canonical(result_json)
    content, structured = result["content"], result["structuredContent"]
    structured_json = "" if structured is None else plain_json(structured)
    text = "\n".join(_block_text(block) for block in content) if content else structured_json
    if not max_chars or max(len(text), len(structured_json)) <= max_chars:
        return Shown(plain_json(content), structured_json, text, False)
    cut = text if len(text) <= max_chars else f"{text[:max_chars]}\n[cut: {max_chars} of {len(text)} characters shown]"
    # One text in place of all blocks: cut JSON is none, and cut base64 no picture.
    return Shown(plain_json([{"type": "text", "text": cut}]), "", cut, True)


def _block_text(block: Any) -> str:
    if not isinstance(block, Mapping):
        return plain_json(block)
    if isinstance(block.get("text"), str):
        return str(block["text"])
    resource = block.get("resource")
    if isinstance(resource, Mapping) and isinstance(resource.get("text"), str):
        return str(resource["text"])
    if isinstance(block.get("data"), str):
        return f"[{block.get('type', 'data')} {block.get('mimeType', '')}, {len(block['data'])} characters of base64]"
    return plain_json(block)
