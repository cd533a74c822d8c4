"""What an episode plays with: its task, its tools by offered name; bound once and kept while the catalogue stands."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from services.simulator.domain.episodes import Episode
from services.simulator.domain.ports import Library
from services.simulator.domain.toolbox import BoundTool, free_tools, ordered, task_tools
from shared.model.errors import Rejected
from shared.model.tasks import Task

_KEPT = 512


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Task and tools of an episode; the same ones are the same object."""

    task: Task | None
    tools: Mapping[str, BoundTool]


class Tables:
    """Binds and remembers."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, int, str, tuple[str, ...]], Table] = OrderedDict()

    def of(self, episode: Episode, library: Library) -> Table:
        """Return what an episode plays with.

        Raises:
            Rejected: its task or one of its servers is not here (`unknown_task`, `unknown_server`).
        """
        # With the revision: a server that is crawled again may list other tools.
        key = (episode.snapshot_id, library.revision, episode.task_id, episode.server_ids)
        if key not in self._known:
            self._known[key] = _bind(episode, library)
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]

    def offered(self, episode: Episode, library: Library) -> tuple[BoundTool, ...]:
        """Return the tools in the order this episode shows them."""
        return ordered(tuple(self.of(episode, library).tools.values()), episode.seed)


def _bind(episode: Episode, library: Library) -> Table:
    if not episode.task_id:
        return Table(None, {tool.offered_name: tool for tool in free_tools(episode.server_ids, library)})
    task = library.task(episode.task_id)
    if task is None:
        raise Rejected("unknown_task", f"no task {episode.task_id!r:.100} is known here")
    return Table(task, {tool.offered_name: tool for tool in task_tools(task, library)})
