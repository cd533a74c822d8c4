"""The second lane: calls somebody asked for, one single-call sub-DAG each, outside the dataset's draws."""

from collections.abc import Callable, Iterator

from services.sampler.domain.shapes import shape_of, signature_of
from shared.model.graphs import ToolNode
from shared.model.sub_dags import ExplorationRequest, Lane, PlannedCall, SubDag
from shared.proof.identity import identifier

POLICY = "request-1"
Find = Callable[[str, str], ToolNode | None]
"""Server and tool -> the tool's node, where the graph has one by now."""


class Requests:
    """Counts the lane and answers each request once, as soon as its tool is known and while the budget lasts."""

    def __init__(self, budget: int) -> None:
        """`budget` is the most sub-DAGs of the lane in a run, those of earlier processes included."""
        self._budget = budget
        self._answered: set[str] = set()
        self._waiting: dict[str, ExplorationRequest] = {}
        self._counter = 0

    def take(self, request: ExplorationRequest) -> None:
        """Take in a request; one from a moved session cannot be made, for nobody knows how it came about."""
        if request.request_id not in self._answered and not request.session and len(self._waiting) < self._budget:
            self._waiting.setdefault(request.request_id, request)

    def take_written(self, sub_dag: SubDag) -> None:
        """Take in what an earlier process has written."""
        self._answered.add(sub_dag.request_id)
        self._waiting.pop(sub_dag.request_id, None)
        self._counter = max(self._counter, sub_dag.counter + 1)

    def due(self, find: Find, version: int) -> Iterator[SubDag]:
        """Plan what waits, in the order it came, leaving what the graph does not know yet."""
        # A copy: what is planned leaves the dictionary on the way.
        for request in list(self._waiting.values()):
            node = find(request.server_id, request.tool) if self._counter < self._budget else None
            if node is not None:
                sub_dag = self._planned(request, node, version)
                self.take_written(sub_dag)
                yield sub_dag

    def _planned(self, request: ExplorationRequest, node: ToolNode, version: int) -> SubDag:
        call = PlannedCall("c1", node.tool_id, node.server_id, node.name, request.arguments_json)
        signature = signature_of(request.world_digest, (call,))
        return SubDag(
            sub_dag_id=identifier("dag", [str(Lane.REQUESTS), signature]),
            lane=Lane.REQUESTS,
            epoch=version,
            counter=self._counter,
            graph_version=version,
            world_digest=request.world_digest,
            calls=(call,),
            shape=shape_of((call,)),
            policy=POLICY,
            request_id=request.request_id,
        )
