"""The dataset card: what is in it, how it came about, how to check and use it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.model.catalogue import ServerRecord

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the card says."""

    tasks: Sequence[Mapping[str, Any]]
    """Parsed rows."""
    counts: Mapping[str, int]
    left_out: Mapping[str, int]
    dataset_digest: str
    snapshot_id: str
    seed: int


def card(facts: Facts, servers: Mapping[str, ServerRecord], funnel: Sequence[tuple[str, int]]) -> str:
    """Write `README.md` in Markdown, with the front matter that dataset hubs read."""
    parts = [
        _front_matter(facts),
        "# Verified tool-calling tasks\n",
        f"{facts.counts['tasks']} tasks over {facts.counts['servers']} real MCP servers, each with a label that "
        "re-derives from recorded tool results, and a simulator snapshot that replays them.\n",
        "Dataset digest: `" + facts.dataset_digest + "`, snapshot: `" + facts.snapshot_id + f"`, seed: {facts.seed}.\n",
        "## Use\n\n```\nfirefly check .                       # re-derive every label, offline\n"
        "firefly sim serve --snapshot snapshot  # replay the tools over gRPC\n"
        "firefly eval . --agent reference      # play the reference calls\n```\n\n"
        "The form of every file is described in FireFly's `docs/dataset.md` and `docs/dataset.schema.json`.\n",
        "## Tasks\n",
        _table(("difficulty", "tasks"), Counter(task["difficulty"] for task in facts.tasks)),
        _table(("calls known to suffice", "tasks"), Counter(str(task["min_known_calls"]) for task in facts.tasks)),
        _table(("one answer", "tasks"), Counter(str(task["uniqueness"]) for task in facts.tasks)),
        _table(("tag", "tasks"), Counter(tag for task in facts.tasks for tag in task["tags"])),
        "## Servers\n",
        _servers(facts.tasks, servers),
        "## From draws to tasks\n",
        _rows(("step", "count"), [*funnel, *((f"left out: {why}", many) for why, many in facts.left_out.items())]),
    ]
    return "\n".join(part for part in parts if part)


def _front_matter(facts: Facts) -> str:
    size = next((name for bound, name in _SIZES if len(facts.tasks) < bound), "n>1M")
    licenses = sorted({str(task["license"]) for task in facts.tasks})
    return (
        "---\n"
        "pretty_name: FireFly verified tool-calling tasks\n"
        f"license: {licenses[0].lower() if len(licenses) == 1 else 'other'}\n"
        "task_categories:\n- text-generation\ntags:\n- tool-calling\n- mcp\n- reinforcement-learning\n"
        f"size_categories:\n- {size}\n"
        "configs:\n- config_name: tasks\n  data_files: tasks.jsonl\n"
        "- config_name: recordings\n  data_files: recordings.jsonl\n"
        "---\n"
    )


def _servers(tasks: Sequence[Mapping[str, Any]], servers: Mapping[str, ServerRecord]) -> str:
    used = Counter(server for task in tasks for server in {call["server"] for call in task["reference"]})
    lines = ["| server | source | licence | tasks that need it |", "|---|---|---|---|"]
    for name, many in sorted(used.items()):
        known = servers.get(name)
        lines.append(f"| {name} | {known.source if known else ''} | {known.licence if known else ''} | {many} |")
    return "\n".join(lines) + "\n"


def _table(heads: tuple[str, str], counts: Counter[str]) -> str:
    return _rows(heads, sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _rows(heads: tuple[str, str], rows: Iterable[tuple[str, int]]) -> str:
    listed = list(rows)
    if not listed:
        return ""
    return (
        "\n".join([f"| {heads[0]} | {heads[1]} |", "|---|---|", *(f"| {name} | {many} |" for name, many in listed)])
        + "\n"
    )
