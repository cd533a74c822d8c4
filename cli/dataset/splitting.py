"""Which tasks train and which test: worlds, servers and wordings of a test are never seen in training. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cli.dataset.reading import TaskRow
from cli.dataset.similarity import alike, jaccard, skeleton
from shared.proof.canonical import canonical, digest

TRAIN, UNSEEN_WORLD, UNSEEN_SERVER = "train", "test_unseen_world", "test_unseen_server"
HUBS = frozenset(
    {"filesystem", "sqlite", "sql", "duckdb", "motherduck", "postgres", "time", "math", "vibe-math", "calculator"}
)
"""Servers of files, SQL, time and arithmetic, which every task may need: they may stand on both sides."""
TWIN = 0.6
"""Share of tool names from which two servers are one."""
NEAR = 0.8
_VERSION = re.compile(r"[ @=]+v?\d[\w.+-]*$")


@dataclass(frozen=True, slots=True)
class Rules:
    """How to split."""

    hubs: frozenset[str] = HUBS
    test_share: float = 0.25
    """Of worlds, and of groups of non-hub servers; at least one of each where there are two."""
    seed: int = 0
    offered_too: bool = True
    """Whether a training task may not even be offered a held-out server."""


@dataclass(frozen=True, slots=True)
class Split:
    """Who stands where."""

    of_task: Mapping[str, str]
    """Task id -> `TRAIN`, `UNSEEN_WORLD` or `UNSEEN_SERVER`."""
    left_out: Mapping[str, Sequence[str]]
    """Reason -> task ids that are on no side."""
    test_worlds: tuple[str, ...]
    test_servers: tuple[str, ...]
    hubs: tuple[str, ...]
    twins: tuple[tuple[str, ...], ...]
    """Groups of servers that are one, of two or more."""


def split(tasks: Sequence[TaskRow], rules: Rules, barred: Iterable[str] = ()) -> Split:
    """Split tasks; the same tasks and rules give the same split, in any order.

    Args:
        tasks: rows of an export.
        rules: how.
        barred: ids of tasks that resemble a public benchmark.
    """
    ordered = sorted(tasks, key=lambda task: task.task_id)
    groups = _twins(ordered)
    hubs = {server for server in groups if server in rules.hubs}
    worlds = _held_out({task.row["world_digest"] for task in ordered}, rules)
    away = _held_out({groups[server] for server in groups if server not in hubs}, rules)
    servers = {server for server, group in groups.items() if group in away and server not in hubs}
    found: dict[str, str] = {}
    left_out: dict[str, list[str]] = {}
    banned = set(barred)
    for task in ordered:
        side = "in_a_benchmark" if task.task_id in banned else _side(task, worlds, servers, hubs, rules)
        if side in (TRAIN, UNSEEN_WORLD, UNSEEN_SERVER):
            found[task.task_id] = side
        else:
            left_out.setdefault(side, []).append(task.task_id)
    for reason, names in _duplicates(ordered, found):
        left_out.setdefault(reason, []).extend(names)
        found = {name: side for name, side in found.items() if name not in names}
    members = [tuple(sorted(name for name, group in groups.items() if group == one)) for one in set(groups.values())]
    twins = tuple(sorted(group for group in members if len(group) > 1))
    return Split(found, left_out, tuple(sorted(worlds)), tuple(sorted(servers)), tuple(sorted(hubs)), twins)


def needed(task: TaskRow) -> set[str]:
    """Name the servers that the reference calls."""
    return {call.server for call in task.calls}


def offered(task: TaskRow) -> set[str]:
    """Name the servers whose tools are offered."""
    return {str(tool["server"]) for tool in task.row["mcp_tools"]}


def _side(task: TaskRow, worlds: set[str], servers: set[str], hubs: set[str], rules: Rules) -> str:
    is_there, calls = task.row["world_digest"] in worlds, needed(task)
    if not is_there:
        seen = offered(task) if rules.offered_too else calls
        return "held_out_server_in_training_world" if seen & servers else TRAIN
    # A test of hubs alone would say nothing about tools that were never seen.
    if not calls - hubs:
        return "only_hubs_in_test_world"
    return UNSEEN_SERVER if calls & servers else UNSEEN_WORLD


def _held_out(names: set[str], rules: Rules) -> set[str]:
    """Draw the share that tests; by digest, so that another name more moves few of the others."""
    ordered = sorted(names, key=lambda name: digest([rules.seed, name]))
    many = max(1, round(rules.test_share * len(ordered))) if len(ordered) > 1 else 0
    return set(ordered[:many])


def _twins(tasks: Sequence[TaskRow]) -> dict[str, str]:
    """Group servers: those of one package, and those that list mostly the same tools, are one."""
    tools: dict[str, set[str]] = {}
    package: dict[str, str] = {}
    for task in tasks:
        for tool in task.row["mcp_tools"]:
            tools.setdefault(str(tool["server"]), set()).add(str(tool["name"]))
        package |= {str(one["server"]): _VERSION.sub("", str(one["source"])) for one in task.row["servers"]}
    group: dict[str, str] = {}
    for server in sorted(tools):
        like = next((other for other in group if _are_twins(server, other, tools, package)), server)
        group[server] = group.get(like, server)
    return group


def _are_twins(one: str, other: str, tools: Mapping[str, set[str]], package: Mapping[str, str]) -> bool:
    if package.get(one) and package.get(one) == package.get(other):
        return True
    return jaccard(frozenset(tools[one]), frozenset(tools[other])) >= TWIN


def _duplicates(tasks: Sequence[TaskRow], found: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """Name what is in training or test already: the same meaning, nearly the same words, the same wording."""
    rows = {task.task_id: task for task in tasks if task.task_id in found}
    first: dict[str, str] = {}
    same = [name for name in rows if first.setdefault(meaning(rows[name]), name) != name]
    left = {name: row for name, row in rows.items() if name not in same}
    # Of a pair the training task goes, so that tests do not depend on how much there is to train on.
    near = {
        min(one, other, key=lambda name: (found[name] != TRAIN, name))
        for one, other, _ in alike({name: row.prompt for name, row in left.items()}, NEAR)
        if _too_near(rows[one], rows[other], found)
    }
    tested = {skeleton(row.prompt) for name, row in left.items() if name not in near and found[name] != TRAIN}
    worded = [
        name
        for name, row in left.items()
        if name not in near and found[name] == TRAIN and skeleton(row.prompt) in tested
    ]
    return [("same_meaning", same), ("nearly_the_same_words", sorted(near)), ("wording_of_a_test", worded)]


def _too_near(one: TaskRow, other: TaskRow, found: Mapping[str, str]) -> bool:
    """Twins of one side in several worlds may sound alike: their answers differ."""
    same_world = one.row["world_digest"] == other.row["world_digest"]
    return same_world or (found[one.task_id] == TRAIN) != (found[other.task_id] == TRAIN)


def meaning(task: TaskRow) -> str:
    """Digest what a question asks of which world, whatever it calls its fields."""
    fields = [one.get("value", one) for one in task.row["logical_form"].get("fields", [])]
    if not fields:
        return digest([task.task_id])
    return digest([task.row["world_digest"], sorted(canonical(one) for one in fields)])
