"""Spellings of one call: the form that all spellings share which were proven to mean the same to this very tool.

A rule works on one argument of one tool, and only where executed pairs showed that the server gives the same bytes.
A form is a look-up key, never what a server is sent: an answer is always a recording of the call as somebody made it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.simulator.domain import sql_spelling, text_spelling
from services.simulator.domain.sql_spelling import SqlReader
from shared.model.calls import Recording, State
from shared.model.catalogue import PathMode
from shared.proof.canonical import canonical, digest, parse_canonical

Rewrite = Callable[[str], str]
ToolKey = tuple[str, str]
"""Server digest and tool."""
RULES = (
    *text_spelling.RULES,
    *(f"{dialect}_{name}" for dialect in sql_spelling.DIALECTS for name in sql_spelling.RULES),
)
"""In the order in which they are applied."""


@dataclass(frozen=True, slots=True)
class SpellingRule:
    """A rule that holds for one argument, and what showed it; a row of the snapshot that it was proven on."""

    server_digest: str
    tool: str
    place: str
    """JSON pointer into the arguments, `*` for any position of a list."""
    rule: str
    pairs: int
    """Executed pairs that agreed byte for byte; none disagreed."""
    calls: int
    """Recorded calls that they are spellings of."""
    results: int
    """Different results among these calls."""
    reader: str = ""
    """Whose syntax tree the rule relies on; another version might read a text otherwise."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call in a state, as spellings are looked up by it."""

    server_digest: str
    tool: str
    arguments_json: str
    """Canonical."""
    state: State
    path_mode: PathMode


def call_of(recording: Recording) -> Call:
    """Return the call that a recording answers."""
    one = recording
    return Call(one.server_digest, one.tool, one.arguments_json, one.state, one.path_mode)


class Spelling:
    """The rules that hold in one snapshot."""

    def __init__(self, rules: Iterable[SpellingRule], read: SqlReader) -> None:
        """`read` is asked for SQL rules alone."""
        self._rules: dict[ToolKey, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for one in sorted(rules, key=lambda one: RULES.index(one.rule)):
            self._rules[one.server_digest, one.tool][one.place].append(one.rule)
        self._read = read
        self._rewrites = {tool: self._of(places) for tool, places in self._rules.items()}

    def key(self, call: Call) -> str | None:
        """Digest what all spellings of a call share; None: its tool has no rule."""
        rewrites = self._rewrites.get((call.server_digest, call.tool))
        if rewrites is None:
            return None
        form = rewritten(parse_canonical(call.arguments_json), rewrites)
        state = [call.state.world, call.state.session]
        return digest(["spelling", call.server_digest, call.tool, form, state, call.path_mode.value])

    def repeats(self, recording: Recording) -> bool:
        """Whether a result repeats an argument that has a rule: then it is that spelling's own."""
        places = self._rules.get((recording.server_digest, recording.tool), {})
        return any(repeats(recording, place) for place in places)

    def told_apart_by(self, one: Call, other: Call) -> tuple[str, ...]:
        """Name the rules without which two spellings of one call would be two calls, in the order of `RULES`."""
        places = self._rules.get((one.server_digest, one.tool), {})
        found = {rule for place, rules in places.items() for rule in rules if self._needs(place, rule, one, other)}
        return tuple(rule for rule in RULES if rule in found)

    def _needs(self, place: str, rule: str, one: Call, other: Call) -> bool:
        places = self._rules[one.server_digest, one.tool]
        left_out = {**places, place: [name for name in places[place] if name != rule]}
        rewrites = self._of(left_out)
        forms = (rewritten(parse_canonical(call.arguments_json), rewrites) for call in (one, other))
        return len({canonical(form) for form in forms}) > 1

    def _of(self, places: Mapping[str, Sequence[str]]) -> Mapping[str, Rewrite]:
        return {place: rewriting(rules, self._read) for place, rules in places.items()}


def rewriting(rules: Sequence[str], read: SqlReader) -> Rewrite:
    """Make one rewrite of several rules; a text that it cannot read keeps its own form."""
    chosen = [rule for rule in RULES if rule in rules]
    steps: list[Rewrite] = [text_spelling.RULES[rule] for rule in chosen if rule in text_spelling.RULES]
    for dialect in sql_spelling.DIALECTS:
        names = tuple(rule.removeprefix(f"{dialect}_") for rule in chosen if rule.startswith(f"{dialect}_"))
        if names:
            steps.append(partial(sql_spelling.spelt, rules=names, dialect=dialect, read=read))
    return partial(_through, steps)


def rewritten(value: Any, rewrites: Mapping[str, Rewrite], place: str = "") -> Any:
    """Rewrite the strings at some places of a parsed value."""
    if isinstance(value, str):
        return rewrites[place](value) if place in rewrites else value
    if isinstance(value, list):
        return [rewritten(item, rewrites, f"{place}/*") for item in value]
    if isinstance(value, dict):
        return {key: rewritten(item, rewrites, f"{place}/{_escaped(key)}") for key, item in value.items()}
    return value


def strings(value: Any, place: str = "") -> list[tuple[str, str]]:
    """List the strings of a parsed value with their places."""
    if isinstance(value, str):
        return [(place, value)]
    if isinstance(value, list):
        return [found for item in value for found in strings(item, f"{place}/*")]
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in strings(item, f"{place}/{_escaped(key)}")]
    return []


def repeats(recording: Recording, place: str) -> bool:
    """Whether a result repeats the argument at a place, as "no such file: a//b" does, error or not."""
    texts = (text for where, text in strings(parse_canonical(recording.arguments_json)) if where == place)
    return any(canonical(text)[1:-1] in recording.result_json for text in texts)


def _through(steps: Sequence[Rewrite], text: str) -> str:
    for step in steps:
        text = step(text)
    return text


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
