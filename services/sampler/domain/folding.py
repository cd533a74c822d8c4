"""The sampler as a fold: draw n follows from the seed, the graph versions so far and the draws before n.

Epoch e is drawn from version e and from nothing newer, so neither arrival order nor a restart changes a draw. What is
on `sub-dags` already is taken as drawn; a draw that is missing there is drawn again, from the draws before it, and is
the same.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from services.sampler.domain.distractors import REMEMBERED, Partners, Servers, servers_of
from services.sampler.domain.drawing import POLICY, Drawn, Ground, Known, draw, generator
from services.sampler.domain.effort import effort
from services.sampler.domain.nearby import nearby
from services.sampler.domain.shapes import signature_of
from services.sampler.domain.topics import topics_of
from shared.model.catalogue import WorldRecord
from shared.model.graphs import GraphCut, GraphRecord, ToolNode
from shared.model.sub_dags import EpochOpened, Lane, SubDag, SubDagRecord
from shared.proof.identity import identifier


@dataclass(frozen=True, slots=True)
class Course:
    """What a run asks for."""

    seed: int
    epoch_size: int
    draws: int
    """In all; 0 = no end."""

    def size(self, first_counter: int) -> int:
        """Draws of the epoch that starts here."""
        return min(self.epoch_size, self.draws - first_counter) if self.draws else self.epoch_size


@dataclass(slots=True)
class _Tally:
    """The draws before the next one, as `Known` counts them."""

    shapes: Counter[str] = field(default_factory=Counter)
    tools: Counter[str] = field(default_factory=Counter)
    signatures: set[str] = field(default_factory=set)
    topics: set[str] = field(default_factory=set)
    draws: int = 0
    efforts: Counter[int] = field(default_factory=Counter)
    asked: deque[Servers] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """Servers of the newest questions."""

    def add(self, sub_dag: SubDag, world: WorldRecord | None) -> None:
        self.draws += 1
        self.shapes[sub_dag.shape] += 1
        self.tools.update(call.tool_id for call in sub_dag.calls)
        self.signatures.add(signature_of(sub_dag.world_digest, sub_dag.calls))
        self.topics.update(topics_of(world, sub_dag.calls))
        # Walks try everything out; hardly any becomes a task, and what they call would stand out as never needed.
        if sub_dag.policy == POLICY:
            self.asked.append(servers_of(sub_dag.calls))
            self.efforts[effort(sub_dag.calls)] += 1

    def known(self) -> Known:
        return Known(self.draws, self.shapes, self.tools, self.signatures, self.efforts, self.topics)


class Draws:
    """Draws epoch after epoch as their graph versions arrive."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._worlds: dict[str, WorldRecord] = {}
        self._nodes: dict[int, dict[str, ToolNode]] = {}
        self._cuts: dict[int, GraphCut] = {}
        self._written: dict[int, SubDag] = {}
        self._opened: dict[int, EpochOpened] = {}
        self._tally = _Tally()
        self._epoch = 0
        self.is_finished = False

    def take_world(self, world: WorldRecord) -> None:
        """Take in what a look at a world showed."""
        self._worlds[world.world_digest] = world

    def take_graph(self, record: GraphRecord) -> None:
        """Take in one record of `tool-graph`; nodes count once the cut of their version closes it."""
        if isinstance(record, GraphCut):
            self._cuts[record.version] = record
        # Older versions were drawn from already; kept, a long run would hold every version it ever had.
        elif record.version >= self._epoch:
            self._nodes.setdefault(record.version, {})[record.tool_id] = record

    def take_written(self, record: SubDagRecord) -> None:
        """Take in what an earlier process of this run has written."""
        if isinstance(record, EpochOpened):
            self._opened[record.epoch] = record
        elif record.lane is Lane.DRAWS:
            self._written[record.counter] = record

    def node(self, server_id: str, tool: str) -> ToolNode | None:
        """Find a tool in the newest complete version at hand."""
        for version in sorted(self._cuts, reverse=True):
            for node in self._nodes.get(version, {}).values():
                if (node.server_id, node.name) == (server_id, tool):
                    return node
        return None

    @property
    def newest_version(self) -> int:
        """Newest version that is closed; -1 when none is."""
        return max(self._cuts, default=-1)

    def due(self) -> Iterator[SubDagRecord]:
        """Draw every epoch whose version is complete, leaving out what is written already."""
        while not self.is_finished and (ground := self._ground()) is not None:
            yield from self._next_epoch(ground)

    def _ground(self) -> Ground | None:
        cut = self._cuts.get(self._epoch)
        nodes = self._nodes.get(self._epoch, {})
        # Nodes and worlds come on topics of their own, in no order between them.
        if cut is None or len(nodes) < cut.node_count or not set(cut.world_digests) <= self._worlds.keys():
            return None
        known = (self._worlds[digest] for digest in cut.world_digests)
        worlds = nearby(known, self._course.seed, self._epoch)
        return Ground(tuple(nodes[tool_id] for tool_id in sorted(nodes)), worlds)

    def _next_epoch(self, ground: Ground) -> Iterator[SubDagRecord]:
        first = self._tally.draws
        drawn, new = self._draw_epoch(ground, first)
        # Only a settled catalogue may end a run by having nothing to
        # draw: servers still being crawled may join at the next cut.
        is_exhausted = not drawn and self._cuts[self._epoch].settled
        last = is_exhausted or 0 < self._course.draws == first + len(drawn)
        opened = EpochOpened(self._epoch, self._epoch, first, len(drawn), last)
        # The opening and some of the draws may be written already: only what is missing goes out, with the same ids.
        if self._epoch not in self._opened:
            yield opened
        yield from new
        self._nodes.pop(self._epoch - 1, None)
        self._epoch, self.is_finished = self._epoch + 1, last

    def _draw_epoch(self, ground: Ground, first: int) -> tuple[list[SubDag], list[SubDag]]:
        """Draw an epoch; also says which of its draws are not written yet."""
        drawn, new = [], []
        for counter in range(first, first + self._course.size(first)):
            sub_dag = self._written.get(counter)
            if sub_dag is None:
                found = draw(ground, self._tally.known(), self._course.seed, counter, self._epoch)
                if found is None:
                    break
                sub_dag = sub_dag_of(found, self._epoch, counter)
                new.append(sub_dag)
            self._tally.add(sub_dag, self._worlds.get(sub_dag.world_digest))
            drawn.append(sub_dag)
        return drawn, self._with_distractors(new, ground)

    def _with_distractors(self, new: list[SubDag], ground: Ground) -> list[SubDag]:
        """Say what is offered beside each draw, once its epoch is drawn: the first epoch has no other before it."""
        if not new:
            return new
        partners = Partners.of(self._tally.asked, Counter(node.server_id for node in ground.nodes))
        return [
            replace(
                one,
                distractors=partners.draw(
                    servers_of(one.calls), generator(self._course.seed, "distractors", one.counter)
                ),
            )
            for one in new
        ]


def sub_dag_of(drawn: Drawn, epoch: int, counter: int) -> SubDag:
    """Give a draw its place; its id is what would be executed, and why."""
    # With what was meant: equal calls that answer different questions are two draws.
    meaning = [[call.call_id, call.meaning_json] for call in drawn.calls]
    return SubDag(
        sub_dag_id=identifier("dag", [str(Lane.DRAWS), drawn.signature, meaning, drawn.policy]),
        lane=Lane.DRAWS,
        epoch=epoch,
        counter=counter,
        graph_version=epoch,
        world_digest=drawn.world_digest,
        calls=drawn.calls,
        shape=drawn.shape,
        policy=drawn.policy,
    )
