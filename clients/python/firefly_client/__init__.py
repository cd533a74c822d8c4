"""Episodes, tool calls and rewards of a FireFly simulator, for trainers."""

from firefly_client.aio import AsyncClient, AsyncEpisode
from firefly_client.chat import ChatEndpoint, ChatError
from firefly_client.client import Client, Episode
from firefly_client.errors import SimulatorError
from firefly_client.playing import is_question
from firefly_client.rewards import mask_misses
from firefly_client.rollout import Rollout, run_episode
from firefly_client.types import Reply, ServerInfo, Start, Tool, Verdict

__all__ = [
    "AsyncClient",
    "AsyncEpisode",
    "ChatEndpoint",
    "ChatError",
    "Client",
    "Episode",
    "Reply",
    "Rollout",
    "ServerInfo",
    "SimulatorError",
    "Start",
    "Tool",
    "Verdict",
    "is_question",
    "mask_misses",
    "run_episode",
]
