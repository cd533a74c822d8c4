"""The `Library` port over lists."""

from collections.abc import Sequence
from dataclasses import replace

from services.simulator.domain.ports import Counts, Moves
from services.simulator.domain.recordings import key_of, merge
from shared.model.tasks import TaskState
from tests.fakes import office


class ListLibrary:
    """Holds what it is given, and the office's catalogue."""

    def __init__(self, recordings: Sequence = (), tasks: Sequence = (), tools: Sequence | None = None):
        self._recordings = {}
        for recording in recordings:
            known = self._recordings.get(recording.recording_id)
            self._recordings[recording.recording_id] = merge(known, recording) if known else recording
        self._tasks = {task.task.task_id: task.task for task in tasks}
        self._tools = office.tools() if tools is None else tools
        self.states: dict[str, TaskState] = {}
        self.snapshot_id = "snap_list"
        self.revision = 0
        self._by_key: dict[str, list] = {}
        for recording in self._recordings.values():
            self._by_key.setdefault(key_of(recording), []).append(recording)

    def recordings_at(self, key):
        return self._by_key.get(key, [])

    def recording(self, recording_id):
        return self._recordings.get(recording_id)

    def respelt(self, call):
        return None

    def moves(self, server_digest, tool):
        of_tool = [r for r in self._recordings.values() if (r.server_digest, r.tool) == (server_digest, tool)]
        return Moves(
            any(r.state.world != r.state_after.world for r in of_tool),
            any(r.state.session != r.state_after.session for r in of_tool),
        )

    def server(self, server_id):
        return next((server for server in office.servers() if server.server_id == server_id), None)

    def tool(self, server_digest, name):
        return next((tool for tool in self._tools if (tool.server_digest, tool.name) == (server_digest, name)), None)

    def tools(self, server_digest):
        return sorted((tool for tool in self._tools if tool.server_digest == server_digest), key=lambda tool: tool.name)

    def task(self, task_id):
        return self._tasks.get(task_id)

    def task_state(self, task_id):
        return self.states.get(task_id, TaskState.ACTIVE)

    def task_ids(self, after, limit):
        return sorted(name for name in self._tasks if name > after)[:limit]

    def counts(self):
        return Counts(len(self._tasks), len(self._recordings))


def without_behaviour(tools):
    """The same catalogue before any probe."""
    from shared.model.catalogue import Behaviour

    return [replace(tool, behaviour=Behaviour()) for tool in tools]
