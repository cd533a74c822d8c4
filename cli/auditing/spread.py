"""How many calls the tasks of an export need, how their calls meet, and how alike they are: shares of all tasks."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.dataset.digests import TASKS
from cli.dataset.skeletons import skeletons
from shared.model import logical_form as lf
from shared.model.errors import BadInput
from shared.proof.canonical import canonical

_HISTORY = (lf.LatestCommit, lf.Commit, lf.BranchValue, lf.FileMeasure, lf.FileNames)
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure over an export, and what is wanted of it (empty: nothing)."""

    name: str
    value: float
    wanted: str
    is_met: bool
    is_share: bool = False

    def line(self) -> str:
        """Write it for people."""
        shown = f"{self.value:.1%}" if self.is_share else f"{self.value:g}"
        return f"{self.name:62} {shown:>7}  {'' if self.is_met else 'NOT '}{self.wanted}".rstrip()


@dataclass(frozen=True, slots=True)
class Spread:
    """All figures."""

    tasks: int
    known_calls: Mapping[int, int]
    """Tasks by the fewest calls that are known to do."""
    figures: Sequence[Figure]


def spread(folder: Path) -> Spread:
    """Measure an export.

    Raises:
        BadInput: the folder holds no export.
    """
    rows = _rows(folder)
    counts = Counter(int(row["min_known_calls"]) for row in rows)
    return Spread(len(rows), dict(sorted(counts.items())), tuple(_figures(rows, folder)))


def _figures(rows: Sequence[Row], folder: Path) -> Iterator[Figure]:
    known = [int(row["min_known_calls"]) for row in rows]
    mean = round(sum(known) / len(rows), 2)
    yield Figure("known calls, mean", mean, "2.5 to 4", 2.5 <= mean <= 4)  # noqa: PLR2004
    yield Figure("known calls, most", max(known), "up to 10", max(known) <= 10)  # noqa: PLR2004
    yield _share("one known call", (number == 1 for number in known), rows, most=0.2)
    yield _share("need discovery", (row["needs_discovery"] for row in rows), rows, least=0.5)
    yield _share("across servers (tag)", ("cross_server" in row["tags"] for row in rows), rows, least=0.25)
    yield _share("fan-in: in a call or in an answer (tag)", ("fan_in" in row["tags"] for row in rows), rows, least=0.2)
    yield _share("fan-in: in one later call", (_meets(row, pure=True) for row in rows), rows, least=0)
    yield _share("fan-in: in one later call that is no arithmetic", (_meets(row) for row in rows), rows, least=0)
    yield _share("change the world", (bool(row.get("end_state")) for row in rows), rows, least=0.05)
    yield _share("to be refused (tag)", ("refusal" in row["tags"] for row in rows), rows, least=0.05)
    yield _share("all evidence in one file", (len(_places(row)) == 1 for row in rows), rows, most=0.15)
    fields = [replaceable for row in rows for replaceable in _replaceable(row)]
    yield _share("answer fields from replaceable calls", fields, fields, most=0.25)
    shapes = Counter(_shape(row) for row in rows)
    yield _most("most frequent shape", shapes, 0.08)
    yield Figure("shapes", len(shapes), "", is_met=True)
    for name, counted in zip(("skeleton", "skeleton without how to answer"), skeletons(folder), strict=True):
        yield _most(f"most frequent {name}", counted, 0.02)


def _share(name: str, told: Any, of: Sequence[Any], *, least: float = 0, most: float = 1) -> Figure:
    share = sum(map(bool, told)) / max(len(of), 1)
    wanted = f"at most {most:.0%}" if most < 1 else f"at least {least:.0%}" if least else ""
    return Figure(name, share, wanted.replace("%", " %"), least <= share <= most, is_share=True)


def _most(name: str, counted: Counter[str], most: float) -> Figure:
    """The share of what occurs most; of few tasks, one alone is above any bound and says nothing."""
    count = counted.most_common(1)[0][1]
    share = count / counted.total()
    return Figure(name, share, f"at most {most:.0%}".replace("%", " %"), share <= most or count == 1, is_share=True)


def _meets(row: Row, *, pure: bool = False) -> bool:
    """Whether values of two calls meet in the arguments of one, none of the three a computation; `pure`: any call."""
    real = {call["call_id"] for call in row["reference"] if pure or not call["replaceable"]}
    return any(
        len({flow["call_id"] for flow in call["depends_on"]} & real) > 1
        for call in row["reference"]
        if call["call_id"] in real
    )


def _replaceable(row: Row) -> Iterator[bool]:
    """For each answer field, whether all that it cites was computed."""
    pure = {call["call_id"] for call in row["reference"] if call["replaceable"]}
    for field in row["evidence"]:
        cited = {source["call_id"] for source in field["sources"]}
        yield bool(cited) and cited <= pure


def _places(row: Row) -> set[str]:
    """The files that a question's values stand in; a repository's history is a place of its own."""
    try:
        question = lf.from_json(row["logical_form"])
    except ValueError:
        return set()
    found = set()
    for form in lf.walk(question):
        if path := getattr(form, "path", ""):
            found.add(f"{path}/.git" if isinstance(form, _HISTORY) else path)
        if isinstance(form, lf.Result):
            # What only a tool says stands in no file: each call is a place.
            found.add(canonical(lf.to_json(form)))
    return found


def _shape(row: Row) -> str:
    """The DAG of (server, tool), from the calls that feed no other."""
    known: dict[str, str] = {}
    used = {flow["call_id"] for call in row["reference"] for flow in call["depends_on"]}
    for call in row["reference"]:
        into = sorted({known[flow["call_id"]] for flow in call["depends_on"]})
        known[call["call_id"]] = canonical([call["server"], call["tool"], into])
    return canonical(sorted(text for call_id, text in known.items() if call_id not in used))


def _rows(folder: Path) -> list[Row]:
    try:
        rows = [json.loads(line) for line in (folder / TASKS).read_text(encoding="utf-8").splitlines()]
    except OSError as error:
        raise BadInput(f"{folder / TASKS}: {error.strerror}; give the folder that `firefly export` wrote") from error
    if not rows:
        raise BadInput(f"{folder / TASKS}: no tasks")
    return rows
