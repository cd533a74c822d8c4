"""Writes an export again in one of the forms."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cli.dataset.digests import TASKS
from cli.dataset.formats.columns import Kind, Table, as_strings, task_table
from cli.dataset.formats.fields import Fields, read_fields
from cli.dataset.formats.parquet import write_parquet
from cli.dataset.formats.trainers import nemo_gym_row, skyrl_row, trl_row, verl_row, xlam_row
from cli.dataset.reading import read_manifest
from shared.model.errors import BadInput

MARK = "firefly-format.json"
"""Says what made a folder, so that only such a folder is replaced."""


def write_format(export: Path, form: str, out: Path) -> int:
    """Write an export in a form; an earlier one in the same place is replaced. Returns the number of tasks.

    Raises:
        BadInput: there is no export, the folder holds something else, or pyarrow is needed and not there.
    """
    manifest, rows = read_manifest(export), read_fields(export)
    if not rows:
        raise BadInput(f"{export} holds no task: let the run go on, then export again")
    if out.exists() and not (out / MARK).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput(f"{out} holds something else: give a new folder")
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        rows = _playable(form, rows)
        FORMS[form](rows, part)
        if form == "hf":
            (part / "README.md").write_text(_card(export), encoding="utf-8")
        mark = {"format": form, "dataset_digest": manifest["dataset_digest"], "snapshot_id": manifest["snapshot_id"]}
        (part / MARK).write_text(json.dumps(mark, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(out, ignore_errors=True)
        part.rename(out)
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error}): free space or give another folder") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return len(rows)


def _playable(form: str, rows: list[Fields]) -> list[Fields]:
    """Leave out what a trainer's loop cannot play: in some nobody answers what a policy asks."""
    return [row for row in rows if form not in WITHOUT_USER or not json.loads(row.get("held_back", "[]"))]


def _hub(rows: list[Fields], out: Path) -> None:
    table = task_table(rows)
    write_parquet(table, out / "default" / "train.parquet")
    write_parquet(as_strings(table), out / "strings" / "train.parquet")


def _plain(rows: list[Fields], out: Path) -> None:
    parts = ("{" + ", ".join(f"{json.dumps(name)}: {text}" for name, text in row.items()) + "}" for row in rows)
    _lines(out / TASKS, parts)


def _trl(rows: list[Fields], out: Path) -> None:
    columns = {"prompt": Kind.MESSAGES, "task_id": Kind.TEXT, "environment": Kind.TEXT, "difficulty": Kind.TEXT}
    write_parquet(Table({**columns, "ground_truth": Kind.TEXT}, [trl_row(row) for row in rows]), out / "train.parquet")


def _verl(rows: list[Fields], out: Path) -> None:
    columns = {
        "data_source": Kind.TEXT,
        "prompt": Kind.MESSAGES,
        "ability": Kind.TEXT,
        "reward_model": Kind.RULE,
        "extra_info": Kind.EXTRA_TOOLS,
        "agent_name": Kind.TEXT,
    }
    write_parquet(Table(columns, [verl_row(row, at) for at, row in enumerate(rows)]), out / "train.parquet")


def _skyrl(rows: list[Fields], out: Path) -> None:
    columns = {
        "data_source": Kind.TEXT,
        "prompt": Kind.MESSAGES,
        "env_class": Kind.TEXT,
        "reward_spec": Kind.METHOD,
        "extra_info": Kind.EXTRA,
    }
    write_parquet(Table(columns, [skyrl_row(row, at) for at, row in enumerate(rows)]), out / "train.parquet")


def _nemo_gym(rows: list[Fields], out: Path) -> None:
    _lines(out / "train.jsonl", (nemo_gym_row(row) for row in rows))


def _xlam(rows: list[Fields], out: Path) -> None:
    made = (xlam_row(row, at) for at, row in enumerate(rows))
    _lines(out / "train.jsonl", (json.dumps(row, ensure_ascii=False) for row in made))


WITHOUT_USER = frozenset(("trl", "verl", "nemo-gym"))
"""Forms for loops that end with the first message without a call."""
FORMS: dict[str, Callable[[list[Fields], Path], None]] = {
    "hf": _hub,
    "trl": _trl,
    "verl": _verl,
    "nemo-gym": _nemo_gym,
    "skyrl": _skyrl,
    "xlam": _xlam,
    "jsonl": _plain,
}


def _lines(path: Path, lines: Any) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _card(export: Path) -> str:
    """The export's card, with its configurations in the place of the two of the JSON lines."""
    text = (export / "README.md").read_text(encoding="utf-8")
    head, _, rest = text.partition("configs:\n")
    configs = (
        "configs:\n- config_name: default\n  data_files: default/train.parquet\n"
        "- config_name: strings\n  data_files: strings/train.parquet\n"
    )
    return head + configs + rest[rest.index("---\n") :]
