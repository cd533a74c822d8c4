"""Model <-> protobuf, the only translation.

A record and its message have one name and the same field names (`tests/contracts` holds them equal), so translation is
one walk over the fields: tuples are repeated, None is absence, a closed set `read_only` is `EFFECT_READ_ONLY`. Unions
of a topic travel in a message with one oneof.
"""

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from firefly.common.v1 import behaviour_pb2, call_pb2, ledger_pb2
from firefly.crawler.v1 import catalogue_pb2, crawl_request_pb2, drift_event_pb2
from firefly.explorer.v1 import exploration_pb2, recording_pb2
from firefly.graph.v1 import tool_graph_pb2
from firefly.sampler.v1 import sub_dag_pb2
from firefly.simulator.v1 import exploration_request_pb2
from firefly.synthesizer.v1 import task_pb2
from firefly.verifier.v1 import task_status_pb2, verdict_pb2, verified_task_pb2
from google.protobuf.message import DecodeError, Message

from shared.model.errors import Rejected
from shared.runtime.topics import BY_NAME

_MODULES = (
    behaviour_pb2,
    call_pb2,
    ledger_pb2,
    catalogue_pb2,
    crawl_request_pb2,
    drift_event_pb2,
    exploration_pb2,
    recording_pb2,
    tool_graph_pb2,
    sub_dag_pb2,
    exploration_request_pb2,
    task_pb2,
    task_status_pb2,
    verdict_pb2,
    verified_task_pb2,
)
_UNIONS: dict[str, type[Message]] = {
    "tool-catalogue": catalogue_pb2.CatalogueEntry,
    "tool-graph": tool_graph_pb2.GraphRecord,
    "sub-dags": sub_dag_pb2.SubDagRecord,
}
_PLAIN = frozenset((str, int, float, bool, bytes))
"""Types that need no translation; enumerations are types of their own."""


def encode(topic: str, record: Any) -> bytes:
    """Serialise a model record the way `topic` carries it."""
    message = to_message(record)
    union = _UNIONS.get(topic)
    # Deterministic: a redo has to write the same bytes (decision 0004).
    if union is None:
        return message.SerializeToString(deterministic=True)
    arm = next(field.name for field in union.DESCRIPTOR.fields if field.message_type is message.DESCRIPTOR)
    return union(**{arm: message}).SerializeToString(deterministic=True)


def decode(topic: str, data: bytes) -> Any:
    """Read one value of `topic`.

    Raises:
        Rejected: the bytes are not a record of this topic (`undecodable`).
    """
    try:
        if union := _UNIONS.get(topic):
            outer = union.FromString(data)
            arm = outer.WhichOneof("record")
            if arm is None:
                raise Rejected("undecodable", f"a {topic} record without content")
            return from_message(getattr(outer, arm))
        (record,) = BY_NAME[topic].records
        return from_message(_message_type(record.__name__).FromString(data))
    except (DecodeError, ValueError, KeyError) as error:
        raise Rejected("undecodable", f"not a {topic} record: {error}") from error


def to_message(record: Any) -> Message:
    """Translate a model record to its message."""
    kind: Any = type(record)
    message = _message_type(kind.__name__)()
    for name in _field_names(kind):
        value = getattr(record, name)
        # `type(...) in`, not isinstance: a StrEnum is a str too,
        # and isinstance calls stood high in the worker's profile.
        if type(value) in _PLAIN:
            setattr(message, name, value)
        elif isinstance(value, tuple):
            if value:
                getattr(message, name).extend([_to_wire(message, name, item) for item in value])
        elif dataclasses.is_dataclass(value):
            getattr(message, name).CopyFrom(to_message(value))
        elif value is not None:
            setattr(message, name, _to_wire(message, name, value))
    return message


def from_message(message: Message) -> Any:
    """Translate a message to its model record; raises ValueError on an enum value this version does not know."""
    record, fields = _record_type(message.DESCRIPTOR.name)
    # In the order of the record's fields; a plain field is read right here, for a call each would double the time.
    return record(*[getattr(message, name) if read is None else read(message) for name, read in fields])


def _to_wire(message: Message, field: str, value: Any) -> Any:
    if isinstance(value, StrEnum):
        enum: Any = message.DESCRIPTOR.fields_by_name[field].enum_type
        return enum.values_by_name[f"{_snake(enum.name)}_{value.upper()}"].number
    return to_message(value) if dataclasses.is_dataclass(value) else value


def _from_wire(field: str, hint: Any, message: Message) -> Any:
    value = getattr(message, field)
    is_many, is_optional, kind = _shape(hint)
    if is_many:
        return tuple(value) if kind in _PLAIN else tuple([_one_from_wire(one, kind, message, field) for one in value])
    if is_optional:
        absent = value == 0 if issubclass(kind, StrEnum) else not message.HasField(field)
        if absent:
            return None
    return _one_from_wire(value, kind, message, field)


@functools.cache
def _shape(hint: Any) -> tuple[bool, bool, Any]:
    """Say of an annotation whether it is repeated, whether it may be absent, and of which type one value is."""
    if typing.get_origin(hint) is tuple:
        return True, False, typing.get_args(hint)[0]
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return False, True, next(arm for arm in typing.get_args(hint) if arm is not type(None))
    return False, False, hint


@functools.cache
def _field_names(record: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(record))


def _one_from_wire(value: Any, kind: Any, message: Message, field: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        enum: Any = message.DESCRIPTOR.fields_by_name[field].enum_type
        known = enum.values_by_number.get(value)
        # 0 is `_UNSPECIFIED`, which nobody writes: the record is damaged, or from a version with more members.
        if known is None or value == 0:
            raise ValueError(f"{field} has no value that this version knows")
        return kind(known.name.removeprefix(f"{_snake(enum.name)}_").lower())
    return from_message(value) if isinstance(value, Message) else value


@functools.cache
def _message_type(name: str) -> type[Message]:
    for module in _MODULES:
        if hasattr(module, name):
            return typing.cast(type[Message], getattr(module, name))
    raise KeyError(f"no message is named {name}")


@functools.cache
def _record_type(name: str) -> tuple[type, tuple[tuple[str, Callable[[Message], Any] | None], ...]]:
    """Return a record and, for each field in order, how it is read; None where it is taken as it is."""
    record = _records()[name]
    hints = typing.get_type_hints(record)
    hinted = [(field.name, hints[field.name]) for field in dataclasses.fields(record)]
    return record, tuple(
        (name, None if hint in _PLAIN else functools.partial(_from_wire, name, hint)) for name, hint in hinted
    )


@functools.cache
def _records() -> dict[str, type[Any]]:
    """Every record reachable from the topic table, by name."""
    # From the topic table, not by scanning modules: a record that no topic carries needs no message.
    found: dict[str, type[Any]] = {}
    waiting: list[Any] = [record for topic in BY_NAME.values() for record in topic.records]
    while waiting:
        kind = waiting.pop()
        waiting.extend(typing.get_args(kind))
        if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind.__name__ not in found:
            found[kind.__name__] = kind
            waiting.extend(typing.get_type_hints(kind).values())
    return found


@functools.cache
def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper()
