"""A server process as an MCP transport: capped lines, drained stderr, exact numbers, the whole group ended.

The SDK's own stdio transport buffers a line without bound, reads numbers as doubles and waits for honest exits; a
sandboxed process over a copied world can be ended at once.
"""

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from shared.model.catalogue import FailureClass
from shared.model.errors import Rejected
from shared.proof.canonical import parse
from shared.runtime.servers.json_text import json_text
from shared.runtime.servers.lines import LineSplitter, Oversized
from shared.runtime.servers.sandbox import Launch, remove_home

_CHUNK = 64 * 1024
_STDERR_BYTES = 8 * 1024
_LOG_BYTES = 1024 * 1024
_NOISE_LINES = 20_000
_END_SECONDS = 5.0
_OWN_END_SECONDS = 0.3

ReadStream = MemoryObjectReceiveStream[SessionMessage | Exception]
WriteStream = MemoryObjectSendStream[SessionMessage]


class StdioProcess:
    """Starts a launch on entry and ends its process group on exit; enter and leave it in one task."""

    def __init__(self, launch: Launch, log: Path | None = None) -> None:
        self._launch, self._log = launch, log
        self.exact_arguments: Mapping[str, Any] | None = None
        """Arguments of the next `tools/call`, written with exact numbers."""
        self.last_result: Any = None
        """Result of the last response, parsed exactly, before any validation."""
        self.noise = 0
        """Lines on stdout that were no messages."""
        self.pid = 0
        self._messages = 0
        self._is_silent = False
        self._end: int | None = None
        self._pending: set[int | str] = set()
        self._stderr: deque[bytes] = deque()
        self._stderr_size = 0

    async def __aenter__(self) -> tuple[ReadStream, WriteStream]:
        """Start the process and its pipes.

        Raises:
            OSError: the process cannot be started.
        """
        self._process = await asyncio.create_subprocess_exec(
            *self._launch.argv,
            env=dict(self._launch.env),
            cwd=self._launch.cwd,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # A group of its own, so that what a server forks ends with it.
            start_new_session=True,
        )
        self.pid = self._process.pid
        self._to_session, from_process = anyio.create_memory_object_stream[SessionMessage | Exception](64)
        to_process, self._from_session = anyio.create_memory_object_stream[SessionMessage](0)
        self._tasks = [asyncio.create_task(work()) for work in (self._read, self._write, self._drain)]
        self._streams = (from_process, to_process)
        return from_process, to_process

    async def __aexit__(self, *error: object) -> None:
        """End the process group, whatever it is doing."""
        # Cancelled or not: the next process may run over the same world and must not meet this one.
        with anyio.CancelScope(shield=True):
            await self._note_end()
            self.kill()
            for stream in self._streams:
                await stream.aclose()
            await asyncio.wait(self._tasks, timeout=_END_SECONDS)
            for task in self._tasks:
                task.cancel()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _END_SECONDS)
            for end in (self._to_session, self._from_session):
                await end.aclose()
            await asyncio.to_thread(remove_home, self._launch)

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.returncode is None and not self._is_silent

    def failure(self) -> tuple[FailureClass, str] | None:
        """Why it could not serve: it ended, or wrote something else than MCP."""
        noise = f"it wrote {self.noise} lines that are not MCP" if self.noise and not self._messages else ""
        if self._end is None:
            return (FailureClass.NOT_MCP, f"{noise} and answered no handshake") if noise else None
        last = [line.strip() for line in self.stderr_tail().splitlines() if line.strip()][-1:]
        ended = f"it ended with exit code {self._end}" + (f": {last[0][:200]}" if last else "")
        return (FailureClass.NOT_MCP, f"{noise}, then {ended}") if noise else (FailureClass.EXITED, ended)

    def kill(self) -> None:
        """End the process group at once; before the start there is none, and group 0 would be our own."""
        if not self.pid:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def stderr_tail(self) -> str:
        """The last kilobytes of what it wrote to stderr."""
        return b"".join(self._stderr).decode("utf-8", "replace")[-_STDERR_BYTES:]

    async def _note_end(self) -> None:
        """Tell a process that ended by itself from one that is ended now."""
        if self._is_silent:
            with contextlib.suppress(TimeoutError):
                self._end = await asyncio.wait_for(self._process.wait(), _OWN_END_SECONDS)

    async def _read(self) -> None:
        """Read to the end, whether or not anybody listens: pipes that are not read to their end are not released."""
        assert self._process.stdout
        splitter = LineSplitter()
        async with self._to_session:
            while chunk := await self._process.stdout.read(_CHUNK):
                for line in splitter.feed(chunk):
                    if message := self._message(line):
                        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
                            await self._to_session.send(message)
                if self.noise > _NOISE_LINES:
                    self.kill()
            self._is_silent = True

    def _message(self, line: bytes | Oversized) -> SessionMessage | None:
        if isinstance(line, Oversized):
            return self._too_large(line)
        if not line.strip():
            return None
        try:
            parsed = parse(line.decode("utf-8", "replace"))
            message = types.jsonrpc_message_adapter.validate_python(parsed, by_name=False)
        except (Rejected, ValidationError):
            self.noise += 1
            return None
        self._messages += 1
        # The SDK reads numbers as doubles, and its models refuse a whole listing for one malformed tool.
        if isinstance(message, types.JSONRPCResponse):
            self.last_result = parsed["result"]
        if isinstance(message, types.JSONRPCResponse | types.JSONRPCError) and message.id is not None:
            self._pending.discard(message.id)
        return SessionMessage(message)

    def _too_large(self, line: Oversized) -> SessionMessage | None:
        """Answer the one open request in the server's place: the line cannot be held, so it cannot be read."""
        # With none or several requests open nobody can tell which one the line would have answered.
        if len(self._pending) != 1:
            self.noise += 1
            return None
        self.last_result = {"content": [{"type": "text", "text": line.text}], "isError": True, "resultType": "complete"}
        return SessionMessage(types.JSONRPCResponse(jsonrpc="2.0", id=self._pending.pop(), result=self.last_result))

    async def _write(self) -> None:
        assert self._process.stdin
        with contextlib.closing(self._process.stdin):
            await self._write_all(self._process.stdin)

    async def _write_all(self, stdin: asyncio.StreamWriter) -> None:
        async with self._from_session:
            async for session_message in self._from_session:
                message = session_message.message.model_dump(by_alias=True, exclude_unset=True, mode="json")
                if isinstance(session_message.message, types.JSONRPCRequest):
                    self._pending.add(session_message.message.id)
                    self._put_exact_arguments(message)
                try:
                    stdin.write(json_text(message).encode() + b"\n")
                    await stdin.drain()
                except (BrokenPipeError, ConnectionResetError):
                    return  # the reader sees the end of the process

    def _put_exact_arguments(self, message: dict[str, Any]) -> None:
        # Past the SDK's model, which would not keep 25.60 as it stands: recordings hold what was asked, digit by digit.
        if message["method"] == "tools/call" and self.exact_arguments is not None:
            message["params"]["arguments"] = self.exact_arguments

    async def _drain(self) -> None:
        assert self._process.stderr
        logged = 0
        with contextlib.ExitStack() as files:
            log = files.enter_context(self._log.open("ab")) if self._log else None
            while chunk := await self._process.stderr.read(_CHUNK):
                self._keep(chunk)
                # Read on past the cap: a server that writes to a full pipe stops.
                if log and logged < _LOG_BYTES:
                    log.write(chunk[: _LOG_BYTES - logged])
                    logged += len(chunk)

    def _keep(self, chunk: bytes) -> None:
        self._stderr.append(chunk[-_STDERR_BYTES:])
        self._stderr_size += len(self._stderr[-1])
        while self._stderr_size - len(self._stderr[0]) > _STDERR_BYTES:
            self._stderr_size -= len(self._stderr.popleft())
