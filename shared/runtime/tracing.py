"""OpenTelemetry traces across Kafka and gRPC; off unless an endpoint is configured.

Off, the W3C trace context of an event is handed on unchanged, so that a trace holds together also where only some
services export it. On, every handler attempt and every gRPC call served is a span. Names and attributes follow the
semantic conventions for messaging.
"""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.model.errors import BadInput

TRACE = ("traceparent", "tracestate")
"""Headers of the W3C trace context."""
FLUSH_SECONDS = 5.0
Headers = Mapping[str, bytes]


class _Tracing:
    """What this process traces with; None is off."""

    tracer: Any = None
    provider: Any = None


def set_up(endpoint: str, service: str) -> None:
    """Export to an OTLP endpoint over HTTP (`http://collector:4318`); nothing happens where it is empty.

    Raises:
        BadInput: the packages are not installed.
    """
    if not endpoint:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise BadInput(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set and OpenTelemetry is not installed: "
            "install firefly[telemetry], or unset it"
        ) from error
    resource = Resource.create({SERVICE_NAME: f"firefly-{service}"})
    # Not at exit: `shut_down` bounds the wait for a collector that is away.
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=FLUSH_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    use(provider)


def use(provider: Any) -> None:
    """Trace with a provider; None turns it off."""
    _Tracing.provider = provider
    _Tracing.tracer = provider.get_tracer("firefly") if provider else None


def is_on() -> bool:
    """Say whether spans are made."""
    return _Tracing.tracer is not None


def shut_down() -> None:
    """Export what is left, within a bound: a collector that is away must not keep a service."""
    provider = _Tracing.provider
    use(None)
    if provider:
        last = threading.Thread(target=provider.shutdown, daemon=True)
        last.start()
        last.join(FLUSH_SECONDS)


@contextlib.contextmanager
def processing(topic: str, headers: Headers, attributes: Mapping[str, str | int]) -> Iterator[Headers]:
    """Cover one attempt at an event; yields the headers whose trace its outputs go on with."""
    if _Tracing.tracer is None:
        yield headers
        return
    from opentelemetry.trace import SpanKind

    said = {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.destination.name": topic,
        **{f"messaging.{name}": value for name, value in attributes.items()},
    }
    # Only W3C headers: whatever else a record carries is no business of a tracing library.
    carrier = {name: headers[name].decode("ascii", "replace") for name in TRACE if name in headers}
    with _span(f"process {topic}", SpanKind.CONSUMER, carrier, said):
        yield {name: value.encode() for name, value in outgoing()}


@contextlib.contextmanager
def serving(method: str, metadata: Sequence[tuple[str, Any]]) -> Iterator[None]:
    """Cover one gRPC call served; `method` is `/package.Service/Method`."""
    if _Tracing.tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind

    carrier = {name: str(value) for name, value in metadata if name in TRACE}
    with _span(method.lstrip("/"), SpanKind.SERVER, carrier, {"rpc.system": "grpc", "rpc.method": method}):
        yield


def outgoing() -> tuple[tuple[str, str], ...]:
    """Trace context of the present span, for a call; empty when there is none."""
    if _Tracing.tracer is None:
        return ()
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return tuple(carrier.items())


def _span(name: str, kind: Any, carrier: Mapping[str, str], attributes: Mapping[str, Any]) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract(carrier)
    return _Tracing.tracer.start_as_current_span(name, context=parent, kind=kind, attributes=attributes)
