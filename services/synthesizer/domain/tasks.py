"""A task out of proven fields and words; its id is a hash of what was executed and meant."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.synthesizer.domain.answer_fields import AnswerField, schema
from services.synthesizer.domain.changing import TAGS
from services.synthesizer.domain.offering import offered
from services.synthesizer.domain.slicing import Reference
from shared.model.catalogue import ServerRecord, ToolRecord
from shared.model.explorations import Exploration
from shared.model.tasks import HeldBack, Limits, Task
from shared.proof.absence import is_refusal
from shared.proof.canonical import canonical, digest, sha256_text
from shared.proof.identity import identifier

POLICY = "backward-1"
SCHEMA_VERSION = "1"
MULTI_TURN = "multi_turn"
"""Tag of a task whose prompt leaves something open."""
_EASY, _MEDIUM = 1, 3
_OWN = frozenset(("path", "title", "dated", "time", "missing", "twin"))
"""What tells twins apart."""
_SYSTEM = (
    "You answer questions about the files of one company with the tools you are given. "
    "The files lie under /workspace. Now is {day}, {time} ({zone}); take this as today's date. "
    # In every task as well: few leave something open, and nothing may say which.
    "Look things up rather than guess, and ask where a question leaves open which one is meant. "
    "Give the final answer as one JSON object, with nothing else around it. "
    # In every task: said only where it is true, it would be the answer.
    'If the files do not say what is asked, answer {{"cannot_answer": reason, "missing": name}} instead. The reason is '
    "“no_record” where the list or sheet that should say it has no entry for the thing, and the name is what such an "
    "entry would be called there; or “no_value” where the entry is there but empty, and the name is that of the entry."
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What the crawler has published so far, as far as tasks need it."""

    tools: Sequence[ToolRecord]
    servers: Mapping[str, ServerRecord]


@dataclass(frozen=True, slots=True)
class Meant:
    """What a task asks, before it has words."""

    family: str
    form: Any
    """The logical form as JSON values."""
    fields: tuple[AnswerField, ...]
    reference: Reference
    asked: tuple[AnswerField, ...] = ()
    """What the words ask for, where that has no answer."""
    end_state_json: str = ""
    """What its calls left, where something was to be changed."""


def task_id(exploration: Exploration, meant: Meant) -> str:
    """Name a task by what was executed and meant (docs/decisions/0004)."""
    calls = [
        [
            c.call_id,
            c.server_digest,
            c.tool,
            c.arguments_json,
            [[f.call_id, f.locator_json, f.argument] for f in c.depends_on],
        ]
        for c in meant.reference.calls
    ]
    fields = [
        [f.key, [[s.call_id, s.locator_json, s.sha256] for s in f.evidence.sources], f.evidence.transforms_json]
        for f in meant.fields
    ]
    # Only where there is one: no other task's id follows from it.
    left = [meant.end_state_json] if meant.end_state_json else []
    return identifier("task", [SCHEMA_VERSION, POLICY, exploration.world_digest, calls, meant.form, fields, *left])


def generator(identity: str, purpose: str) -> random.Random:
    """Randomness that follows from a task's id alone."""
    # Named purposes: a further draw for the tools must not change the words.
    return random.Random(int(sha256_text(f"{identity}/{purpose}")[:16], 16))


def make_task(
    exploration: Exploration,
    meant: Meant,
    catalogue: Catalogue,
    identity: str,
    words: tuple[str, tuple[HeldBack, ...]],
) -> Task:
    """Put a task together; `words` are its prompt and what that holds back."""
    prompt, held_back = words
    calls, fields = meant.reference.calls, meant.fields
    # By server too: two servers list tools of one name.
    needed = {(call.server_id, call.tool) for call in calls}
    tools = offered(catalogue.tools, needed, exploration.distractors, generator(identity, "tools"))
    # Room for looking around: files have to be found, and a wrong turn must not end the episode.
    most = 4 * len(calls) + 8
    return Task(
        task_id=identity,
        task_version=1,
        schema_version=SCHEMA_VERSION,
        policy=POLICY,
        exploration_id=exploration.exploration_id,
        world_digest=exploration.world_digest,
        frozen_now=exploration.frozen_now,
        system=system_text(exploration.frozen_now),
        prompt=prompt,
        tools=tools,
        answer_schema_json=canonical(schema(meant.asked or fields)),
        answer_template=_template(meant.asked or fields),
        answer_types_json=canonical({field.key: field.answer_type for field in fields}),
        ground_truth_json=canonical({field.key: field.value for field in fields}),
        evidence=tuple(field.evidence for field in fields),
        logical_form_json=canonical(meant.form),
        reference=calls,
        min_known_calls=meant.reference.min_known_calls,
        needs_discovery=any("/workspace" in call.arguments_json for call in calls),
        task_family=meant.family,
        twin_group=identifier("twin", [_skeleton(meant.form), exploration.shape]),
        limits=Limits(most, most + 4, 40_000),
        difficulty=_difficulty(meant.reference.min_known_calls),
        tags=(*meant.reference.tags, meant.family, *_more_tags(meant, held_back)),
        shape=exploration.shape,
        live_capable=True,
        provenance_json=_provenance(exploration),
        license=_licences(meant.reference.servers, catalogue),
        held_back=held_back,
        end_state_json=meant.end_state_json,
    )


def system_text(frozen_now: str) -> str:
    """Say root, date and zone, never a listing."""
    now = datetime.fromisoformat(frozen_now)
    # Always said: "today" decides what several questions mean.
    zone = "UTC" if now.utcoffset() is not None and not now.utcoffset() else now.strftime("UTC%z")
    return _SYSTEM.format(day=f"{now:%A}, {now.day} {now:%B %Y}", time=f"{now:%H:%M}", zone=zone)


def _template(fields: Sequence[AnswerField]) -> str:
    return "; ".join(f"{field.key.replace('_', ' ')}: {{{field.key}}}" for field in fields)


def _more_tags(meant: Meant, held_back: Sequence[HeldBack]) -> tuple[str, ...]:
    asking = (MULTI_TURN,) if held_back else ()
    return (*_refusing(meant.fields), *asking, *(TAGS if meant.end_state_json else ()))


def _refusing(fields: Sequence[AnswerField]) -> tuple[str, ...]:
    return ("refusal",) if is_refusal({field.key: field.value for field in fields}) else ()


def _skeleton(form: Any) -> Any:
    """A form without what it is about: twins ask the same of other entities."""
    if isinstance(form, Mapping):
        if form.get("is") == "literal":
            return {"is": "literal", "kind": form.get("kind", "")}
        return {k: _skeleton(v) for k, v in form.items() if k not in _OWN}
    return [_skeleton(item) for item in form] if isinstance(form, list) else form


def _difficulty(calls: int) -> str:
    return "easy" if calls <= _EASY else "medium" if calls <= _MEDIUM else "hard"


def _provenance(exploration: Exploration) -> str:
    return canonical(
        {
            "sampler": exploration.policy,
            "synthesizer": POLICY,
            "graph_version": exploration.graph_version,
            "sub_dag_id": exploration.sub_dag_id,
            "epoch": exploration.epoch,
            "counter": exploration.counter,
            "lane": str(exploration.lane),
        }
    )


def _licences(servers: Sequence[str], catalogue: Catalogue) -> str:
    known = {
        f"{s}: {catalogue.servers[s].licence}"
        for s in servers
        if s in catalogue.servers and catalogue.servers[s].licence
    }
    return "; ".join(sorted(known))


def nothing_id(exploration_id: str, reason: str) -> str:
    """Name a record that says why there is no task."""
    return f"nothing_{digest([exploration_id, reason])[:32]}"
