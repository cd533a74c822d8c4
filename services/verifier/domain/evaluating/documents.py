"""Documents: whether the question's name for one fits no other, and what stands under a label."""

from collections.abc import Collection
from typing import Protocol

from services.verifier.domain.evaluating.reading import day_of
from services.verifier.domain.evaluating.world import AMBIGUOUS, NO_REFERENT, Document, Unread, World
from shared.model.errors import Rejected
from shared.proof.equality import fold
from shared.proof.words import words

PROSE = (".md", ".markdown", ".txt", ".html", ".htm", ".docx")
_DATE = "date"


class Handle(Protocol):
    """How a form names a document."""

    @property
    def path(self) -> str:
        """Its file."""

    @property
    def title(self) -> str:
        """What the question calls it; empty: by its file."""

    @property
    def dated(self) -> str:
        """Its date, where the title alone is not unique."""


def documents(world: World) -> list[Document]:
    """Read all documents that can be read, in order of their paths."""
    found = []
    for path in world.paths():
        if path.lower().endswith(PROSE):
            try:
                found.append(world.document(path))
            except Unread:
                continue
    return found


def named(world: World, handle: Handle) -> Document:
    """Find the document that a form means.

    Raises:
        Rejected: there is none, or its name fits another one as well.
        Unread: it cannot be read, or has no title to hold the name against.
    """
    if handle.path not in world.paths():
        raise Rejected(NO_REFERENT, f"there is no document {handle.path}")
    document = world.document(handle.path)
    if not handle.title:
        return document
    if not document.title:
        raise Unread(f"{handle.path} has no title that the evaluator can read")
    if not _fits(document, handle):
        raise Rejected(NO_REFERENT, f"{handle.path} is not called {handle.title!r} {handle.dated}".rstrip())
    others = [other.path for other in documents(world) if other.path != handle.path and _competes(other, handle)]
    # A title word for word is that document, even where a longer title holds the same words.
    if others and not (_is_exact(document, handle) and not handle.dated and not _exact(world, others, handle)):
        raise Rejected(AMBIGUOUS, f"{handle.title!r} is {handle.path} as well as {others[0]}")
    return document


def said(document: Document, label: str) -> str:
    """Return what stands under a label.

    Raises:
        Rejected: nothing does, or different things do.
    """
    return _only([text for key, text in document.labelled if _same(key, label)], document.path, label)


def property_of(document: Document, name: str) -> str:
    """Return a document's own property, else what it says under that name; raises as `said`."""
    wanted = words(name)
    own = [text for key, text in document.properties if words(key) == wanted]
    return _only(own, document.path, name) if own else said(document, name)


def _only(found: Collection[str], path: str, label: str) -> str:
    # Said twice alike is said once.
    distinct = {fold(text): text for text in found if text}
    if not distinct:
        raise Rejected(NO_REFERENT, f"{path} says nothing under {label!r}")
    if len(distinct) > 1:
        raise Rejected(AMBIGUOUS, f"{path} says {len(distinct)} things under {label!r}")
    return next(iter(distinct.values()))


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()) == " ".join(other.split())


def _fits(document: Document, handle: Handle) -> bool:
    """The question may leave words of the title out, as long as those that it uses come in order."""
    # An iterator, so that each word is looked for behind the one before.
    rest = iter(words(document.title))
    return all(word in rest for word in words(handle.title)) and _is_dated(document, handle)


def _competes(document: Document, handle: Handle) -> bool:
    """Another document could be meant: what its title has beside the name is a name that it speaks about."""
    if not document.title or not _fits(document, handle):
        return False
    left = list(words(document.title))
    for word in words(handle.title):
        left.remove(word)
    about = [set(words(text)) for _, text in document.labelled]
    return not left or any(set(left) <= one for one in about)


def _is_dated(document: Document, handle: Handle) -> bool:
    if not handle.dated:
        return True
    wanted = day_of(handle.dated)
    said_dates = [text for key, text in document.labelled if key.strip().lower() == _DATE]
    return any(fold(text) == fold(handle.dated) or (wanted and day_of(text) == wanted) for text in said_dates)


def _is_exact(document: Document, handle: Handle) -> bool:
    return words(document.title) == words(handle.title)


def _exact(world: World, paths: Collection[str], handle: Handle) -> bool:
    return any(_is_exact(world.document(path), handle) for path in paths)
