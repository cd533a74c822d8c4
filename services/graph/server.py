"""gRPC shell of the graph: questions about the newest closed version."""

from collections.abc import Callable
from typing import Any

import grpc
from firefly.graph.v1 import graph_service_pb2 as pb
from firefly.graph.v1 import graph_service_pb2_grpc as graph_grpc

from services.graph.domain.cuts import Version
from shared.model.errors import Rejected
from shared.runtime import wire
from shared.runtime.rpc import RpcServer

SERVICE = "firefly.graph.v1.GraphService"
Context = grpc.aio.ServicerContext[Any, Any]


class GraphDoor(graph_grpc.GraphServiceServicer):
    """Answers from the version that `newest` gives."""

    def __init__(self, newest: Callable[[], Version | None]) -> None:
        self._newest = newest

    async def GetCut(self, request: pb.GetCutRequest, context: Context) -> pb.GetCutResponse:
        """Describe the newest closed version; no cut before the first one."""
        version = self._newest()
        return pb.GetCutResponse(cut=wire.to_message(version.cut) if version else None)  # type: ignore[arg-type]

    async def GetNeighbourhood(
        self, request: pb.GetNeighbourhoodRequest, context: Context
    ) -> pb.GetNeighbourhoodResponse:
        """Return a tool with its outgoing and incoming edges.

        Raises:
            Rejected: the newest closed version has no such tool (`not_found`).
        """
        version = self._newest()
        node = version.nodes.get(request.tool_id) if version else None
        if version is None or node is None:
            raise Rejected("not_found", f"no tool {request.tool_id!r:.100} in the newest closed version")
        incoming = [wire.to_message(edge) for edge in version.incoming(request.tool_id)]
        return pb.GetNeighbourhoodResponse(node=wire.to_message(node), incoming=incoming)  # type: ignore[arg-type]


def answering(address: str, newest: Callable[[], Version | None]) -> RpcServer:
    """Make the part that serves the service at an address."""
    door = GraphDoor(newest)

    def register(server: grpc.aio.Server) -> None:
        graph_grpc.add_GraphServiceServicer_to_server(door, server)  # type: ignore[no-untyped-call]

    return RpcServer(address, register, [SERVICE])
