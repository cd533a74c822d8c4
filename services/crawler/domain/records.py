"""From what probing saw to records: tools, the server, canaries, differences to an earlier crawl."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.crawler.domain.behaviour import Trial
from services.crawler.domain.ports import Called, ListedServer, ListedTool
from services.crawler.domain.probing import Probed
from shared.model.calls import Origin, Recording, Stability, State
from shared.model.catalogue import (
    Behaviour,
    CrawlOutcome,
    DriftEvent,
    Effect,
    FailureClass,
    PathMode,
    ServerRecord,
    ToolRecord,
    Variation,
)
from shared.proof import keys
from shared.proof.canonical import digest, parse_canonical
from shared.proof.effects import effect_of
from shared.proof.identity import identifier, tool_id

_CHAINED = (Effect.SESSION, Effect.UNKNOWN)


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What is known of a server without starting it."""

    server_id: str
    server_digest: str
    source: str
    licence: str
    path_mode: PathMode


def tool_records(facts: ServerFacts, probed: Probed) -> tuple[ToolRecord, ...]:
    """One record per listed tool, sorted by name."""
    made = (_tool(facts, tool, probed.behaviour(tool.name)) for tool in probed.listing.tools)
    return tuple(sorted(made, key=lambda record: record.name))


def server_record(facts: ServerFacts, listing: ListedServer, tools: Sequence[ToolRecord]) -> ServerRecord:
    """The terminal record of a crawl that succeeded."""
    return ServerRecord(
        server_id=facts.server_id,
        server_digest=facts.server_digest,
        outcome=CrawlOutcome.READY,
        catalogue_digest=catalogue_digest(listing.tools),
        tool_ids=tuple(tool.tool_id for tool in tools),
        protocol_version=listing.protocol_version,
        server_version=listing.server_version,
        source=facts.source,
        licence=facts.licence,
        path_mode=facts.path_mode,
        defects=listing.defects,
    )


def failed_record(server_id: str, server_digest: str, failure_class: FailureClass, text: str) -> ServerRecord:
    """The terminal record of a crawl that failed."""
    return ServerRecord(
        server_id, server_digest, CrawlOutcome.FAILED, failure_class=failure_class, failure_text=text[:500]
    )


def catalogue_digest(tools: Sequence[ListedTool]) -> str:
    """sha256 over the tools as received, sorted by name."""
    # Sorted: servers list their tools in whatever order their dictionary has.
    return digest(sorted([tool.name, *_schemas(tool), *_texts(tool)] for tool in tools))


def canaries(facts: ServerFacts, probed: Probed, observed_at: str) -> tuple[Recording, ...]:
    """Recordings of the calls that were proven to repeat, in the state they were made in."""
    behaviours = {name: probed.behaviour(name) for name in probed.trials}
    chains = _chains(probed, behaviours)
    made = []
    for name, trial in probed.trials.items():
        # Only what was seen to repeat: a canary that differs at the next crawl has to mean drift, not chance.
        is_proven = (behaviours[name].effect, behaviours[name].variation) == (Effect.READ_ONLY, Variation.STABLE)
        if is_proven and trial.first and (chain := chains[id(trial.first)]) is not None:
            made.append(_canary(facts, trial, trial.first, chain, observed_at))
    return tuple(made)


def drift(before: Mapping[str, ToolRecord], after: Sequence[ToolRecord]) -> tuple[DriftEvent, ...]:
    """What changed between two crawls of one server, by tool name."""
    now = {record.name: record for record in after}
    found = []
    for name in sorted(before.keys() | now.keys()):
        found += [
            DriftEvent(
                identifier("drift", [kind, old_digest, new_digest, record.tool_id]),
                record.tool_id,
                record.server_id,
                kind,
                old_digest,
                new_digest,
            )
            for kind, old_digest, new_digest, record in _changes(before.get(name), now.get(name))
        ]
    return tuple(found)


def _changes(old: ToolRecord | None, new: ToolRecord | None) -> Iterator[tuple[str, str, str, ToolRecord]]:
    if new is None:
        assert old is not None
        yield "removed", digest(old.tool_id), "", old
    elif old is None:
        yield "added", "", digest(new.tool_id), new
    else:
        for kind, read in _LOOKS:
            # Digests travel, not texts: descriptions are strangers' and may be long.
            before, after = digest(read(old)), digest(read(new))
            if before != after:
                yield kind, before, after, new


def _schemas(tool: ListedTool | ToolRecord) -> list[str]:
    return [tool.input_schema_json, tool.output_schema_json]


def _texts(tool: ListedTool | ToolRecord) -> list[str]:
    return [tool.title, tool.description, tool.annotations_json]


def _classes(tool: ToolRecord) -> list[str]:
    return [tool.behaviour.effect, tool.behaviour.variation, str(tool.behaviour.pure)]


_Look = Callable[[ToolRecord], list[str]]
_LOOKS: tuple[tuple[str, _Look], ...] = (("schema", _schemas), ("description", _texts), ("behaviour", _classes))


def _tool(facts: ServerFacts, tool: ListedTool, behaviour: Behaviour) -> ToolRecord:
    schemas = (tool.input_schema_json, tool.output_schema_json)
    return ToolRecord(
        tool_id=tool_id(facts.server_digest, tool.name, tool.description, *schemas),
        server_id=facts.server_id,
        server_digest=facts.server_digest,
        name=tool.name,
        description=tool.description,
        input_schema_json=tool.input_schema_json,
        title=tool.title,
        output_schema_json=tool.output_schema_json,
        annotations_json=tool.annotations_json,
        behaviour=behaviour,
    )


def _chains(probed: Probed, behaviours: Mapping[str, Behaviour]) -> dict[int, str | None]:
    """The session digest before each call of the log, by what is known now; None where nobody else can reach it."""
    chain: str | None = ""
    before: dict[int, str | None] = {}
    for tool, called in probed.log:
        before[id(called)] = chain
        behaviour = behaviours[tool.name]
        moved_world = called.state_after.world != called.state.world
        effect = effect_of(behaviour, parse_canonical(called.arguments_json))
        if effect in _CHAINED and (moved_world or not called.is_error) and chain is not None:
            is_steady = behaviour.variation is Variation.STABLE
            step = (tool.name, called.arguments_json, called.result_sha256)
            # From an unsteady call on nobody can reach this state again, so nothing after it is worth recording.
            chain = keys.next_session(chain, *step) if is_steady else None
    return before


def _canary(facts: ServerFacts, trial: Trial, called: Called, chain: str, observed_at: str) -> Recording:
    state = State(called.state.world, chain)
    key = keys.recording_key(facts.server_digest, trial.tool.name, called.arguments_json, state)
    return Recording(
        recording_id=keys.recording_id_of(key, called.result_sha256),
        server_id=facts.server_id,
        server_digest=facts.server_digest,
        tool=trial.tool.name,
        arguments_json=called.arguments_json,
        state=state,
        state_after=state,
        result_json=called.result_json,
        result_sha256=called.result_sha256,
        is_error=called.is_error,
        # What it was proven to be, not what it counted as when the probe was made.
        effect=Effect.READ_ONLY,
        stability=Stability.STABLE,
        path_mode=called.path_mode,
        origin=Origin.CANARY,
        too_large=called.too_large,
        result_length=called.result_length,
        observed_at=observed_at,
    )
