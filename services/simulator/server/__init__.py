"""The gRPC shell: both services over one simulator; every refusal is a status with a machine-readable reason."""

from collections.abc import Callable
from typing import Any

import grpc
from firefly.simulator.v1 import simulator_service_pb2 as pb
from firefly.simulator.v1 import simulator_service_pb2_grpc as simulator_grpc
from firefly.simulator.v1 import task_service_pb2_grpc as task_grpc

from services.simulator.domain.outcomes import OutcomeStore
from services.simulator.domain.simulating import Simulator
from services.simulator.server.episodes import EpisodeDoors
from services.simulator.server.refusing import PUSHBACK, REASON
from services.simulator.server.tasks import TaskDoors
from services.simulator.settings import Settings

__all__ = ("PUSHBACK", "REASON", "SERVICES", "Doors", "register")
SERVICES = ("firefly.simulator.v1.SimulatorService", "firefly.simulator.v1.TaskService")


class Doors(EpisodeDoors, TaskDoors):
    """Both services."""

    def __init__(self, simulator: Simulator, settings: Settings, outcomes: OutcomeStore) -> None:
        self.simulator, self.settings, self.outcomes = simulator, settings, outcomes
        self.in_flight = 0
        self.mcp_base_url: Callable[[], str] = str
        """Where the MCP facade is; empty without one."""


def register(doors: Doors, server: grpc.aio.Server) -> None:
    """Add both services to a server."""
    # In the place of the generated handler: this one writes the bytes of a hit once, not every time. `RpcServer` takes
    # the first generic handler of a name; a bare grpc.aio server, as tests have it, the last one that is registered.
    written: Any = grpc.unary_unary_rpc_method_handler(
        doors.call_tool_written, request_deserializer=pb.CallToolRequest.FromString, response_serializer=None
    )
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICES[0], {"CallTool": written}),))
    simulator_grpc.add_SimulatorServiceServicer_to_server(doors, server)  # type: ignore[no-untyped-call]  # generated
    task_grpc.add_TaskServiceServicer_to_server(doors, server)  # type: ignore[no-untyped-call]  # generated
    server.add_registered_method_handlers(SERVICES[0], {"CallTool": written})
