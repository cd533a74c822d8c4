"""Which tool must run before another: what registers, creates or opens the thing that another's parameter names."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import takewhile

from services.graph.domain import parameter_words as table
from services.graph.domain.edges import edge_id
from services.graph.domain.parameters import head_word
from shared.model.catalogue import Effect
from shared.model.graphs import Edge, EdgeKind, ToolNode
from shared.model.values import ValueKind
from shared.proof.words import words

_MEANINGLESS = frozenset({"tool", "a", "an", "the", "new"})
_PREPOSITIONS = frozenset(
    {"to", "in", "for", "of", "from", "with", "after", "before", "near", "below", "at", "by", "on"}
)


def precondition(first: str, then: str) -> Edge:
    """Make a precondition edge without evidence."""
    name = edge_id(EdgeKind.PRECONDITION, (first, "", ""), then, "")
    return Edge(name, EdgeKind.PRECONDITION, first, "", ValueKind.FREE_TEXT, then, "")


def makers(nodes: Mapping[str, ToolNode]) -> dict[tuple[str, str], list[ToolNode]]:
    """Index the tools that make something by (server, what they make): `register_project_tool` makes a project."""
    found: dict[tuple[str, str], list[ToolNode]] = defaultdict(list)
    for node in nodes.values():
        made = made_by(node)
        # `get` and `open` stand in names of tools that were proven to move nothing.
        if made and node.behaviour.effect is not Effect.READ_ONLY:
            found[node.server_id, made].append(node)
    return found


def made_by(node: ToolNode) -> str:
    """Name what a tool makes, by its name; empty when the name says no such thing."""
    # `create_sheet_in_workbook` makes a sheet: what follows a preposition is where.
    phrase = takewhile(lambda word: word not in _PREPOSITIONS, words(node.name))
    parts = [word for word in phrase if word not in _MEANINGLESS]
    if parts and parts[0] not in table.CREATE and parts[1:2] and parts[1] in table.CREATE:
        parts = parts[1:]
    if len(parts) < len(("verb", "noun")) or parts[0] not in table.CREATE:
        return ""
    return _singular(parts[-1])


def candidates(nodes: Mapping[str, ToolNode]) -> tuple[Edge, ...]:
    """List precondition edges that names speak for: a required parameter names what another tool makes in a session.

    What a tool makes in the *world* needs no candidate: worlds hold such things, and errors tell where they do not.
    """
    by_thing = makers(nodes)
    return tuple(edge for node in nodes.values() for edge in _before(node, by_thing))


def told_by_error(
    node: ToolNode, nouns: frozenset[str], by_thing: Mapping[tuple[str, str], list[ToolNode]]
) -> list[Edge]:
    """List precondition edges that an error of `node` speaks for: it misses what another tool of the server makes."""
    spoken = {_singular(word) for word in nouns}
    found: list[Edge] = []
    for (server_id, thing), tools in sorted(by_thing.items(), key=lambda item: item[0]):
        if server_id == node.server_id and thing in spoken:
            found.extend(precondition(maker.tool_id, node.tool_id) for maker in tools if maker.tool_id != node.tool_id)
    return found


def _before(node: ToolNode, by_thing: Mapping[tuple[str, str], list[ToolNode]]) -> Iterator[Edge]:
    named = [one for one in node.parameters if one.required and not one.enum and one.kind is not ValueKind.FREE_TEXT]
    things = {_singular(head_word(one.name)) for one in named}
    for thing in sorted(things - {""}):
        for maker in by_thing.get((node.server_id, thing), ()):
            # Read-only tools make nothing, whatever their name says.
            if maker.tool_id != node.tool_id and maker.behaviour.effect in (Effect.SESSION, Effect.UNKNOWN):
                yield precondition(maker.tool_id, node.tool_id)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > len("ties"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > len("bus") else word
