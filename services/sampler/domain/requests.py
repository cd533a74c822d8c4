"""The second lane: calls somebody asked for, one single-call sub-DAG each, outside the dataset's draws."""

from services.sampler.domain.shapes import shape_of, signature_of
from shared.model.graphs import ToolNode
from shared.model.sub_dags import ExplorationRequest, Lane, PlannedCall, SubDag
from shared.proof.identity import identifier

POLICY = "request-1"


class Requests:
    """Counts the lane and answers each request once."""

    def __init__(self) -> None:
        self._answered: set[str] = set()
        self._counter = 0

    def take_written(self, sub_dag: SubDag) -> None:
        """Take in what an earlier process has written."""
        self._answered.add(sub_dag.request_id)
        self._counter = max(self._counter, sub_dag.counter + 1)

    def answer(self, request: ExplorationRequest, node: ToolNode | None, version: int) -> SubDag | None:
        """Plan the call; None when it was planned before, its tool is unknown, or it starts from a moved session."""
        if request.request_id in self._answered or node is None or request.session:
            return None
        call = PlannedCall("c1", node.tool_id, node.server_id, node.name, request.arguments_json)
        signature = signature_of(request.world_digest, (call,))
        sub_dag = SubDag(
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
        self.take_written(sub_dag)
        return sub_dag
