"""What a run was asked for; the same data folder never continues as another run."""

import json
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.model.errors import BadInput
from shared.runtime.spending import Limits

EPOCH_SIZE = 32
VERSION = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of one `firefly up`; None where none was given."""

    servers: Path | None = None
    worlds: tuple[Path, ...] = ()
    until: int | None = None
    draws: int | None = None
    seed: int | None = None
    epoch_size: int | None = None
    budget_calls: int | None = None
    budget_tokens: int | None = None
    budget_money: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RunParameters:
    """What decides the tasks of a run, and how far it goes."""

    servers_file: str
    servers_digest: str
    """Over the launch specs; credentials are outside."""
    world_folders: tuple[str, ...]
    """As given with `--world`."""
    worlds: tuple[str, ...]
    """Digests."""
    seed: int
    epoch_size: int
    until: int | None
    draws: int | None
    version: int = VERSION
    budget_calls: int = 0
    """0 is no limit, here and below; a budget changes no task and may be changed between two starts."""
    budget_tokens: int = 0
    budget_money: str = "0"
    """Exact decimal."""

    @property
    def limits(self) -> Limits:
        """The budget."""
        return Limits(self.budget_calls, self.budget_tokens, Decimal(self.budget_money or "0"))

    def save(self, path: Path) -> None:
        """Write them down, all at once."""
        staging = path.with_suffix(".new")
        staging.write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n", encoding="utf-8")
        staging.replace(path)


def stored(path: Path) -> RunParameters | None:
    """Read what an earlier `firefly up` on this folder was asked for.

    Raises:
        BadInput: it was written by another version, or spoilt.
    """
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        found |= {name: tuple(found[name]) for name in ("world_folders", "worlds")}
        parameters = RunParameters(**found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} cannot be read ({error}); choose another folder with --data") from error
    if parameters.version != VERSION:
        raise BadInput(f"{path} was written by another version of firefly; choose another folder with --data")
    return parameters


def settle(before: RunParameters | None, now: RunParameters, folder: Path) -> RunParameters:
    """Continue an earlier run, with the same tasks and at least as far.

    Raises:
        BadInput: this would be another run.
    """
    if before is None:
        return now
    for name, was, is_now in (
        ("--seed", before.seed, now.seed),
        ("--epoch-size", before.epoch_size, now.epoch_size),
        ("the servers", before.servers_digest[:12], now.servers_digest[:12]),
        ("the worlds", _short(before.worlds), _short(now.worlds)),
    ):
        if was != is_now:
            raise BadInput(
                f"{folder} holds a run with another value for {name} ({was}, now {is_now}); "
                "give it what it had or start the new run on another folder with --data"
            )
    for name, was_goal, goal in (("--until", before.until, now.until), ("--draws", before.draws, now.draws)):
        if was_goal is not None and goal is not None and goal < was_goal:
            raise BadInput(f"{folder} holds a run with {name} {was_goal}, which may be raised, not lowered to {goal}")
    return now


def _short(digests: tuple[str, ...]) -> str:
    return ", ".join(digest[:12] for digest in sorted(digests)) or "none"
