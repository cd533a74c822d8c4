"""Which spelling rules hold for which argument of which tool: pairs of calls executed both ways decide.

A rule is tried on one string argument of one tool. Each pair is a recorded call and the same call with that one
argument spelt otherwise, both made on the pinned server in equal copies of one world; only results that are the
same to the byte, with the same state after, agree. One pair that does not ends the rule for that argument.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from services.simulator.domain.holding_out import readers
from services.simulator.domain.respelling import respellings
from services.simulator.domain.snapshots import Content
from services.simulator.domain.spelling import RULES, Spelling, SpellingRule, call_of, repeats, rewritten, strings
from services.simulator.domain.sql_spelling import DIALECTS, SqlReader
from shared.model.calls import Recording, Stability
from shared.model.catalogue import ServerRecord
from shared.proof.canonical import canonical, parse_canonical
from shared.proof.effects import is_language

LEAST_PAIRS = 30
LEAST_CALLS = 5
"""Recorded calls that the pairs are spellings of: thirty spellings of one call would be one witness."""
LEAST_RESULTS = 5
"""Different results among these calls: where every call says "nothing found", equal bytes show nothing."""
MOST_FORMS = 3
"""Spellings by one rule that are recorded of a call whose result repeats its path."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A recorded call and another spelling of it."""

    recording: Recording
    arguments_json: str
    """Canonical, with the other spelling."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A rule to be tried on one argument of one tool."""

    server_id: str
    server_digest: str
    tool: str
    place: str
    rule: str
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a trial."""

    trial: Trial
    agreed: int
    disagreed: int
    calls: int
    """Recorded calls among the pairs that agreed."""
    results: int
    """Different results of these calls."""
    example: str = ""
    """Arguments of a pair that disagreed."""

    @property
    def holds(self) -> bool:
        """Whether the rule is switched on."""
        enough = self.agreed >= LEAST_PAIRS and self.calls >= LEAST_CALLS and self.results >= LEAST_RESULTS
        return enough and not self.disagreed

    def as_rule(self, reader: str) -> SpellingRule:
        """Write down what was proven; `reader` names what read the SQL."""
        trial = self.trial
        is_sql = trial.rule.partition("_")[0] in DIALECTS
        common = (trial.server_digest, trial.tool, trial.place, trial.rule)
        return SpellingRule(*common, self.agreed, self.calls, self.results, reader if is_sql else "")


def trials(
    content: Content, read: SqlReader, tools: Collection[tuple[str, str]], pairs: int = LEAST_PAIRS
) -> Iterator[Trial]:
    """List the trials of some tools (server digest, name) that recorded calls are enough for."""
    dialects = {one.server_digest: _dialect(one) for one in content.servers}
    servers = {one.server_digest: one.server_id for one in content.servers}
    for (server_digest, tool), calls in sorted(_by_tool(content).items()):
        if server_digest not in servers or (server_digest, tool) not in tools:
            continue
        for place in sorted({place for one in calls for place, _ in strings(parse_canonical(one.arguments_json))}):
            # What repeats its argument differs by spelling, and is never served for another one.
            silent = [one for one in calls if not repeats(one, place)]
            for rule in RULES:
                if not _suits(rule, place, dialects[server_digest]):
                    continue
                chosen = tuple(_pairs(silent, place, rule, read, pairs))
                if len(chosen) >= LEAST_PAIRS:
                    yield Trial(servers[server_digest], server_digest, tool, place, rule, chosen)


def repeating(content: Content, read: SqlReader, tools: Collection[tuple[str, str]]) -> Iterator[Pair]:
    """List other spellings of recorded calls whose result repeats a path: no rule ever answers those.

    They are a closed set, to be recorded one by one: each slash of the path doubled or dotted, and the path from the
    server's own folder. Of the calls of tools (server digest, name) in a world's first state.
    """
    for key, calls in sorted(_by_tool(content).items()):
        for one in calls if key in tools else ():
            for place in sorted({place for place, _ in strings(parse_canonical(one.arguments_json))}):
                if repeats(one, place):
                    yield from _path_forms(one, place, read)


def contradicted(tried: Tried, recordings: Iterable[Recording], read: SqlReader) -> bool:
    """Whether recorded calls themselves speak against a rule: one form, two results."""
    rule = tried.as_rule("")
    spelling, seen = Spelling([rule], read), dict[str, tuple[str, object]]()
    for one in recordings:
        # Errors and what repeats its argument differ among spellings; they are never served for another one.
        is_other = (one.server_digest, one.tool) != (rule.server_digest, rule.tool)
        if is_other or one.is_error or spelling.repeats(one):
            continue
        said = (one.result_sha256, one.state_after)
        if seen.setdefault(spelling.key(call_of(one)) or "", said) != said:
            return True
    return False


def _path_forms(one: Recording, place: str, read: SqlReader) -> Iterator[Pair]:
    for rule in RULES:
        if rule.startswith("path_") and _suits(rule, place, ""):
            yield from (Pair(one, spelt) for spelt in islice(_spelt(one, place, rule, read, 0), MOST_FORMS))


def _by_tool(content: Content) -> dict[tuple[str, str], list[Recording]]:
    found: dict[tuple[str, str], list[Recording]] = defaultdict(list)
    for one in readers(content):
        is_first = one.state.world in content.world_digests and not one.state.session
        # Masked results differ from run to run, so bytes cannot be compared.
        if is_first and not one.is_error and one.stability is not Stability.MASKED:
            found[one.server_digest, one.tool].append(one)
    return found


def _pairs(calls: Sequence[Recording], place: str, rule: str, read: SqlReader, most: int) -> Iterator[Pair]:
    """Choose pairs: every call once before any call twice, and each call with another way of spelling first."""
    mixed = sorted(calls, key=lambda one: hashlib.sha256(f"{rule}/{one.recording_id}".encode()).digest())
    # Lazily: finding out that two SQL texts have one form takes a parser milliseconds.
    left = [(one, _spelt(one, place, rule, read, turn)) for turn, one in enumerate(mixed)]
    while left:
        still = []
        for one, others in left:
            other = next(others, None) if most else None
            if other is not None:
                most -= 1
                still.append((one, others))
                yield Pair(one, other)
        left = still


def _spelt(one: Recording, place: str, rule: str, read: SqlReader, turn: int) -> Iterator[str]:
    arguments = parse_canonical(one.arguments_json)
    here = [text for where, text in strings(arguments) if where == place]
    # Of a list, all strings are spelt the same way at once.
    for chosen in zip(*(respellings(text, rule, read, turn) for text in here), strict=False):
        how = dict(zip(here, chosen, strict=True))
        yield canonical(rewritten(arguments, {place: partial(_looked_up, how)}))


def _looked_up(how: Mapping[str, str], text: str) -> str:
    return how.get(text, text)


def _suits(rule: str, place: str, dialect: str) -> bool:
    """Whether a rule may be tried on an argument at all."""
    kind = rule.partition("_")[0]
    if kind in DIALECTS:
        # Where the dialect is not known, two readings of one text are possible.
        return kind == dialect
    # A slash in a program divides.
    return kind != "path" or not is_language(place)


def _dialect(server: ServerRecord) -> str:
    """Which SQL a server speaks, by the package that it is; empty where that does not say."""
    source = server.source.lower()
    if "motherduck" in source or "duckdb" in source:
        return "duckdb"
    return "sqlite" if "sqlite" in source else ""
