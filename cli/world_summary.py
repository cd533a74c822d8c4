"""What the files beside a world say about it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import click


def summary(folder: Path) -> dict[str, Any]:
    """Return name, time, origin and size of the world in a folder; what nobody said is empty."""
    about = read(folder / "world.json")
    manifest = read(folder / "manifest.json") if (folder / "manifest.json").is_file() else {}
    mounted = str(about.get("files", "files"))
    return {
        "folder": str(folder),
        "name": str(about.get("name", folder.name)),
        "now": str(about.get("now", "")),
        "mounted": mounted,
        "files": sum(1 for path in (folder / mounted).rglob("*") if path.is_file()),
        **{name: manifest.get(name) for name in ("seed", "size", "revision")},
        **{name: manifest.get(name, "") for name in ("trade", "locale", "version", "world_digest")},
    }


def kinds_of_files(files: Path) -> dict[str, int]:
    """Count files by ending; a repository's inner files are one kind."""
    kinds: Counter[str] = Counter()
    for path in files.rglob("*"):
        if path.is_file():
            kinds["git" if ".git" in path.parts else path.suffix.lstrip(".") or path.name] += 1
    return dict(sorted(kinds.items()))


def places(index: dict[str, Any]) -> dict[str, int]:
    """Count the facts of an entity index by the file in which they stand."""
    counts = Counter(
        place["file"] for entity in index["entities"] for fact in entity["facts"] for place in fact["places"]
    )
    return dict(sorted(counts.items()))


def read(path: Path) -> dict[str, Any]:
    """Read a JSON object; anything else is one sentence."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path} cannot be read as JSON ({error}); build the world again") from error
    if not isinstance(content, dict):
        raise click.ClickException(f"{path} holds no JSON object; build the world again")
    return content
