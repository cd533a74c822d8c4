"""Can a task's needed servers be told from the list of tools alone? A classifier, tried on worlds it never saw."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp

from cli.dataset.reading import TaskRow
from cli.dataset.splitting import needed

_ROUNDS = 12
_RATE = 0.1


@dataclass(frozen=True, slots=True)
class Told:
    """How well it tells."""

    auc: float
    """Over (task, offered server) of held-out worlds; 0.5 is chance."""
    auc_by_place: float
    """The same when it may look at positions and counts only, not at names."""
    pairs: int


def tell(tasks: Sequence[TaskRow]) -> Told | None:
    """Train on all worlds but one, rank the offered servers of that one; None with one world only."""
    worlds = sorted({str(task.row["world_digest"]) for task in tasks})
    if len(worlds) < len(("train", "test")):
        return None
    scored: dict[bool, list[tuple[float, bool]]] = {True: [], False: []}
    for world in worlds:
        here = [task for task in tasks if task.row["world_digest"] == world]
        others = [task for task in tasks if task.row["world_digest"] != world]
        for with_names, found in scored.items():
            weights = _train([pair for task in others for pair in _pairs(task, with_names)])
            found += [
                (_score(weights, features), is_needed)
                for task in here
                for features, is_needed in _pairs(task, with_names)
            ]
    return Told(auc(scored[True]), auc(scored[False]), len(scored[True]))


def auc(scored: Sequence[tuple[float, bool]]) -> float:
    """Share of (needed, not needed) pairs in which the needed one has the higher score; a tie is half."""
    ordered = sorted(scored)
    ranks: dict[float, list[int]] = {}
    for rank, (value, _) in enumerate(ordered, 1):
        ranks.setdefault(value, []).append(rank)
    positive = sum(is_needed for _, is_needed in ordered)
    negative = len(ordered) - positive
    if not positive or not negative:
        return 0.5
    total = sum(sum(ranks[value]) / len(ranks[value]) for value, is_needed in ordered if is_needed)
    return (total - positive * (positive + 1) / 2) / (positive * negative)


def _pairs(task: TaskRow, with_names: bool) -> Iterator[tuple[Sequence[str], bool]]:
    listed = [str(tool["server"]) for tool in task.row["mcp_tools"]]
    servers, calls = list(dict.fromkeys(listed)), needed(task)
    for at, server in enumerate(servers):
        features = [
            "bias",
            f"place {at}",
            f"from the end {len(servers) - at}",
            f"servers {len(servers)}",
            f"tools {len(listed) // 10}",
            f"first tool {listed.index(server) * 10 // len(listed)}",
        ]
        if with_names:
            features += [f"name {server}", f"of it {listed.count(server)} {server}"]
            features += [f"{server} beside {other}" for other in servers if other != server]
        yield features, server in calls


def _train(pairs: Sequence[tuple[Sequence[str], bool]]) -> Mapping[str, float]:
    """Fit a logistic regression over named features, in the order given: the same tasks give the same weights."""
    weights: dict[str, float] = {}
    for number in range(_ROUNDS):
        for features, is_needed in pairs:
            off = float(is_needed) - 1 / (1 + exp(-_score(weights, features)))
            for name in features:
                weights[name] = weights.get(name, 0.0) + _RATE / (1 + number) * off
    return weights


def _score(weights: Mapping[str, float], features: Sequence[str]) -> float:
    return max(-30.0, min(30.0, sum(weights.get(name, 0.0) for name in features)))
