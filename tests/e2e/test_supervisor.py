"""The supervisor on real processes."""

import asyncio
import os
import time
from pathlib import Path

import psutil
import pytest

from cli.running.roster import ServiceSpec
from cli.running.supervisor import Service, Supervisor

pytestmark = pytest.mark.e2e


async def test_a_process_that_is_given_up_is_started_again_and_told_so(tmp_path: Path) -> None:
    said: list[str] = []
    service = Service(ServiceSpec("idle", "http.server"), {"FIREFLY_HTTP_PORT": "0"}, tmp_path / "idle.log")
    supervisor = Supervisor([service], said.append)
    supervisor.start(["idle"])
    try:
        first = service.process
        assert first is not None
        supervisor.give_up_process("idle", first.pid + 1, "is not live (another one)")
        assert first.exit_code is None
        supervisor.give_up_process("idle", first.pid, "is not live (last poll 90 s ago)")
        assert first.exit_code is not None
        supervisor.tick()
        supervisor.tick(time.monotonic() + 10)
        assert service.is_running
        assert service.process is not None
        assert service.process.pid != first.pid
        children = psutil.Process(os.getpid()).children(recursive=True)
        told = {child.environ().get("FIREFLY_RESTARTS") for child in children if child.pid == service.process.pid}
        assert told == {"1"}
        assert said[0] == "idle is not live (last poll 90 s ago): killed"
        assert "idle was killed by signal 9" in said[1]
    finally:
        await asyncio.wait_for(supervisor.stop(), 30)
