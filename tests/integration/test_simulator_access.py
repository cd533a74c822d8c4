"""Reports, tokens and TLS as a trainer meets them."""

import asyncio
import shutil
import subprocess
from contextlib import AsyncExitStack, asynccontextmanager

import grpc
import pytest
from firefly_client import AsyncClient, SimulatorError
from firefly_client.types import TaskOutcome
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.simulator.app import build
from services.simulator.settings import Settings
from tests.fakes.export import write_export
from tests.fakes.launching import until
from tests.fakes.simulator import serving

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export") / "out"
    write_export(folder)
    return folder


@asynccontextmanager
async def served(export, **settings):
    stopping = asyncio.Event()
    async with AsyncExitStack() as resources:
        parts = await build(Settings(snapshot=export, live_store=False, grpc_port=0, **settings), resources)
        running = asyncio.create_task(parts[0].run(stopping))
        await until(lambda: parts[0].readiness().ok)
        yield f"localhost:{parts[0].port}"
        stopping.set()
        await running


async def test_reported_outcomes_mark_tasks_once_they_say_something(tmp_path):
    async with serving(tmp_path) as made, AsyncClient(made.target, timeout_seconds=10) as client:
        task_id = made.task.task_id
        assert await client.report([TaskOutcome(task_id, "small", 40, 0)], "r1") == ()
        (marked,) = await client.report([TaskOutcome(task_id, "large", 30, 0, censored=6)], "r2")
        assert (marked.mark, marked.tries, marked.censored) == ("audit", 70, 6)
        assert await client.report([TaskOutcome(task_id, "large", 30, 0, censored=6)], "r2") == (marked,)
        assert await client.marked_tasks("audit") == (marked,)
        assert await client.marked_tasks("mastered") == ()
        told = {one.policy: (one.tasks, one.tries, one.censored_share) for one in await client.policies()}
        assert told == {"large": (1, 30, 0.2), "small": (1, 40, 0.0)}
        for wrong, reason in ((TaskOutcome("task_no", "p", 1, 1), "unknown_task"),
                              (TaskOutcome(task_id, "p", 1, 2), "bad_request")):  # fmt: skip
            with pytest.raises(SimulatorError) as caught:
                await client.report([wrong])
            assert caught.value.reason == reason


async def test_calls_without_the_token_are_refused_but_health_answers(export):
    async with served(export, access_token="s3cret") as target:
        for token in ("", "wrong", "s3cre", "s3cret "):
            async with AsyncClient(target, timeout_seconds=10, token=token) as client:
                with pytest.raises(SimulatorError) as caught:
                    await client.info()
                assert (caught.value.code, caught.value.reason) == ("UNAUTHENTICATED", "bad_token")
        async with AsyncClient(target, timeout_seconds=10, token="s3cret") as client:
            assert (await client.info()).task_count
        async with grpc.aio.insecure_channel(target) as channel:
            answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
async def test_tls_is_spoken_where_certificate_and_key_are_named(export, tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]  # fmt: skip
    await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, timeout=60)
    async with served(export, tls_certificate=certificate, tls_key=key, access_token="t") as target:
        async with AsyncClient(target, 10, token="t", root_certificates=certificate.read_bytes()) as client:
            assert (await client.info()).task_count
        async with AsyncClient(target, 3, token="t") as plaintext:
            with pytest.raises(SimulatorError):
                await plaintext.info()
