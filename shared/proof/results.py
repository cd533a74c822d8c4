"""The canonical result of a tool call: `{content, structuredContent, isError}` without `_meta`."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.proof.canonical import canonical

META = "_meta"


def canonical_result(content: Sequence[Mapping[str, Any]], structured_content: Any, is_error: bool) -> str:
    """Write a result canonically; JSON inside text stays text, `_meta` and null members of a part are left out.

    Args:
        content: the parts as JSON objects.
        structured_content: the structured content, or None when there is none.
        is_error: the server's own flag.

    Raises:
        Rejected: a part or the structured content is not JSON-like.
    """
    return canonical(
        {"content": [_part(part) for part in content], "structuredContent": structured_content, "isError": is_error}
    )


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    # `_meta` carries the server's identity and icons since 2026-07-28: the same answer would differ between eras.
    kept = {key: value for key, value in part.items() if key != META and value is not None}
    if isinstance(kept.get("resource"), Mapping):
        kept["resource"] = _part(kept["resource"])
    return kept
