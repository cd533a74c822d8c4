"""Looks at a git repository's refs: which branches there are, and which one is checked out."""

from pathlib import Path

from shared.model.catalogue import WorldFact
from shared.model.values import ValueKind

BRANCH, CURRENT = "branch", "current branch"
_MOST_BRANCHES = 50


def branches(head: Path, relative: str) -> list[WorldFact]:
    """List the branches beside a `.git/HEAD`, as facts of that file; nothing where its text says no branch."""
    kind, _, ref = head.read_text(encoding="utf-8", errors="replace").strip().partition(": ")
    if kind != "ref":
        return []
    current = ref.removeprefix("refs/heads/")
    folder = head.parent / "refs" / "heads"
    # Git keeps a branch as a file or in `packed-refs`, and a fresh clone has most of them packed.
    loose = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    names = sorted((loose | _packed(head.parent / "packed-refs")) - {current})[:_MOST_BRANCHES]
    return [
        WorldFact(relative, CURRENT, current, ValueKind.IDENTIFIER),
        *(WorldFact(relative, BRANCH, name, ValueKind.IDENTIFIER) for name in names),
    ]


def _packed(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    refs = (line.partition(" ")[2] for line in lines)
    return {ref.removeprefix("refs/heads/") for ref in refs if ref.startswith("refs/heads/")}
