"""One trace from the first record to the last, across Kafka, both shells, a tick and a gRPC call."""

import asyncio
import gzip
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_trace_id

from shared.model.errors import Unavailable
from shared.runtime import tracing
from shared.runtime.rpc import RpcServer, answer, open_channel
from shared.runtime.settings import ServiceSettings
from shared.runtime.streaming.events import Event, Output
from shared.runtime.streaming.faust_stage import FaustStage
from shared.runtime.streaming.stage import Stage
from shared.runtime.streaming.worker import TransactionalWorker
from tests.chaos import topics
from tests.chaos.harness import load, until, watch

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield exporter
    tracing.shut_down()


class Chain:
    """crawl -> (a tick of) sample -> verify, which asks over gRPC."""

    def __init__(self, kafka: str, folder: Path, names: Sequence[str], address: str) -> None:
        self.names, self.address = names, address
        self.drawn: list[Event] = []
        self.tries = iter([Unavailable("the simulator is away")])
        settings = ServiceSettings(kafka_bootstrap=kafka, session_timeout_seconds=6, data_dir=folder)
        first, second, third, _ = names
        self.parts = [
            TransactionalWorker(settings, Stage("crawl", (first,), self.crawl)),
            FaustStage(settings, Stage("sample", (second,), self.sample), tick=self.draw, tick_seconds=0.1),
            TransactionalWorker(settings, Stage("verify", (third,), self.verify)),
        ]

    async def crawl(self, event: Event) -> Sequence[Output]:
        return [Output(self.names[1], event.key, event.record)]

    async def sample(self, event: Event) -> Sequence[Output]:
        self.drawn.append(event)
        return []

    async def draw(self) -> Sequence[Output]:
        drawn, self.drawn = self.drawn, []
        return [Output(self.names[2], event.key, event.record) for event in drawn]

    async def verify(self, event: Event) -> Sequence[Output]:
        if error := next(self.tries, None):
            raise error
        async with open_channel(self.address) as channel:
            await answer(health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest()))
        return [Output(self.names[3], event.key, event.record)]


async def test_one_trace_from_the_first_record_to_the_last(
    kafka: str, tmp_path: Path, exported: InMemorySpanExporter
) -> None:
    names = [(await topics.create(kafka, f"trace-{name}"))[0] for name in "abcd"]
    rpc, stopping = RpcServer("127.0.0.1:0", lambda _: None, ()), asyncio.Event()
    async with AsyncExitStack() as stack:
        tasks = [asyncio.create_task(rpc.run(stopping))]
        await until(lambda: rpc.readiness().ok, 10)
        chain = Chain(kafka, tmp_path, names, f"127.0.0.1:{rpc.port}")
        stack.callback(stopping.set)
        tasks += [asyncio.create_task(part.run(stopping)) for part in chain.parts]
        await load(kafka, names[0], ["one"])
        written = [(await watch(kafka, [name], lambda keys: len(keys) == 1, 30))[0] for name in names]
    await asyncio.wait(tasks, timeout=30)

    traces = {dict(message.headers)["traceparent"].split(b"-")[1].decode() for message in written}
    spans = exported.get_finished_spans()
    assert len(traces) == 1
    assert {format_trace_id(span.context.trace_id) for span in spans} == traces
    assert sorted(span.name for span in spans) == sorted(
        [*(f"process {name}" for name in (*names[:3], names[2])), "grpc.health.v1.Health/Check"]
    )
    by_name = {span.name: span for span in spans}
    failed = [span for span in spans if span.name == f"process {names[2]}" and not span.status.is_ok]
    assert [span.events[0].attributes["exception.message"] for span in failed] == ["the simulator is away"]
    last, asked = by_name[f"process {names[2]}"], by_name["grpc.health.v1.Health/Check"]
    assert asked.parent.span_id == last.context.span_id
    assert dict(written[3].headers)["traceparent"].split(b"-")[2].decode() == f"{last.context.span_id:016x}"
    assert last.attributes["messaging.destination.name"] == names[2]
    assert last.attributes["messaging.kafka.message.key"] == "one"


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported() -> None:
    code = "import sys; from shared.runtime import tracing, service; tracing.set_up('', 'x'); print(sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout
    assert "opentelemetry.sdk" not in found
    assert "opentelemetry.exporter" not in found


def test_a_collector_that_is_away_keeps_no_service_from_ending() -> None:
    tracing.set_up("http://127.0.0.1:9", "x")
    with tracing.processing("t", {}, {}) as context:
        assert "traceparent" in context
    tracing.shut_down()


def test_spans_arrive_at_the_configured_collector() -> None:
    posted: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tracing.set_up(f"http://127.0.0.1:{server.server_port}/", "explorer")
        with tracing.processing("sub-dags", {}, {}):
            pass
        tracing.shut_down()
        server.shutdown()
    ((path, body),) = posted
    assert path == "/v1/traces"
    text = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
    assert b"process sub-dags" in text
    assert b"firefly-explorer" in text
