"""NeMo Gym >= 0.4: a resources server. Rows carry `task_id` beside `responses_create_params`.

`firefly export --format nemo-gym` writes such rows. Run it with one worker: a rollout's state is kept in the process.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from nemo_gym.base_resources_server import (
    BaseResourcesServerConfig,
    BaseSeedSessionRequest,
    BaseSeedSessionResponse,
    BaseVerifyRequest,
    BaseVerifyResponse,
    SimpleResourcesServer,
)
from nemo_gym.server_utils import SESSION_ID_KEY
from pydantic import ConfigDict, PrivateAttr
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from firefly_client.adapters.connections import async_client_of
from firefly_client.naming import TAKEN_BY_NEMO_GYM
from firefly_client.playing import AWAY, AsyncPlay, Rules, open_async_play

SESSIONS = 100_000
"""Rollouts kept; a trainer that vanishes never asks for its score."""
UNSCORED = 503


class FireflyConfig(BaseResourcesServerConfig):
    """The server's YAML."""

    target: str = "127.0.0.1:50051"
    mask_misses: bool = False


class FireflySeedRequest(BaseSeedSessionRequest):
    """A row."""

    model_config = ConfigDict(extra="allow")
    task_id: str


class FireflyVerifyRequest(BaseVerifyRequest):
    """A row with its response."""

    model_config = ConfigDict(extra="allow")


class FireflyVerifyResponse(BaseVerifyResponse):
    """The reward, and why."""

    model_config = ConfigDict(extra="allow")
    outcome: str
    explanation: str


class FireflyResourcesServer(SimpleResourcesServer):
    """Tools and rewards of a running simulator."""

    config: FireflyConfig
    _plays: OrderedDict[str, AsyncPlay] = PrivateAttr(default_factory=OrderedDict)

    def setup_webserver(self) -> Any:
        """Add one route for all tools: which there are, each task says."""
        app = super().setup_webserver()
        app.post("/{tool_name}")(self.call_tool)
        return app

    async def seed_session(self, request: Request, body: FireflySeedRequest) -> BaseSeedSessionResponse:
        """Open an episode of the row's task.

        Raises:
            HTTPException: the simulator is away.
        """
        rules = Rules(taken=TAKEN_BY_NEMO_GYM, mask_misses=self.config.mask_misses)
        opened = await open_async_play(async_client_of(self.config.target), body.task_id, rules)
        if isinstance(opened, str):
            raise HTTPException(UNSCORED, opened)
        self._plays[request.session[SESSION_ID_KEY]] = opened
        while len(self._plays) > SESSIONS:
            await self._plays.popitem(last=False)[1].close()
        return BaseSeedSessionResponse()

    async def call_tool(self, tool_name: str, request: Request) -> PlainTextResponse:
        """Answer a call; whatever the policy wrote, with text."""
        play = self._plays.get(request.session[SESSION_ID_KEY])
        if play is None:
            return PlainTextResponse(AWAY)
        return PlainTextResponse(await play.call(tool_name, (await request.body()).decode("utf-8", "replace")))

    async def verify(self, request: Request, body: FireflyVerifyRequest) -> FireflyVerifyResponse:
        """Score the rollout.

        Raises:
            HTTPException: unscored; a number would be an invention.
        """
        play = self._plays.pop(request.session[SESSION_ID_KEY], None)
        if play is None:
            raise HTTPException(UNSCORED, "there is no such rollout: seed a session first")
        verdict = await play.verdict(_last_text(body.response.output))
        await play.close()
        if verdict.reward is None:
            raise HTTPException(UNSCORED, f"unscored ({verdict.outcome}): {verdict.explanation}")
        return FireflyVerifyResponse(
            **body.model_dump(), reward=verdict.reward, outcome=verdict.outcome, explanation=verdict.explanation
        )


def _last_text(output: list[Any]) -> str:
    last = output[-1] if output else None
    if getattr(last, "type", "") != "message":
        return ""
    return "".join(getattr(part, "text", "") or "" for part in getattr(last, "content", ()) or ())


if __name__ == "__main__":
    FireflyResourcesServer.run_webserver()
