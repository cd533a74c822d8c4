"""Plays an agent whose tool calls go through the MCP facade; the episode is opened and scored over gRPC."""

import json
from collections.abc import Mapping
from typing import Any, cast

from firefly_client import AsyncEpisode, Reply
from mcp import Client, MCPError

from cli.dataset.reading import TaskRow
from cli.playing.agents import Agent
from shared.model.errors import Unavailable


class OverMcp:
    """An `Agent` around another one."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent

    async def play(self, episode: AsyncEpisode, task: TaskRow | None) -> str:
        """See `Agent`.

        Raises:
            Unavailable: the simulator serves no MCP, or does not answer.
        """
        if not episode.start.mcp_url:
            raise Unavailable("the simulator serves no MCP: start it with --mcp-port")
        try:
            async with Client(episode.start.mcp_url) as client:
                return await self._agent.play(cast(AsyncEpisode, McpEpisode(episode, client)), task)
        except MCPError as error:
            raise Unavailable(f"{episode.start.mcp_url}: {error}") from error

    async def close(self) -> None:
        """Close the agent that it is around."""
        await self._agent.close()


class McpEpisode:
    """An episode whose calls are MCP."""

    def __init__(self, episode: AsyncEpisode, client: Client) -> None:
        self._episode, self._client = episode, client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._episode, name)

    async def call(self, tool_name: str, arguments: Mapping[str, Any] | str, call_id: str = "") -> Reply:
        """Call a tool; what MCP does not carry stays empty."""
        given = json.loads(arguments or "{}") if isinstance(arguments, str) else dict(arguments)
        made = (await self._client.call_tool(tool_name, given)).model_dump(
            by_alias=True, mode="json", exclude_none=True
        )
        content = made.get("content", [])
        structured = made.get("structuredContent")
        text = "\n".join(str(block.get("text", "")) for block in content)
        written = json.dumps(structured, ensure_ascii=False) if structured is not None else ""
        return Reply(
            text,
            tuple(content),
            structured,
            bool(made.get("isError")),
            "",
            "",
            "",
            "",
            False,
            json.dumps(content, ensure_ascii=False),
            written,
        )
