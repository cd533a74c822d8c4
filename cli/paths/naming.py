"""What a prompt names: products, customers, orders, sites, by name, by number, or by the document that names them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cli.paths.looking import Looker
from cli.paths.shelf import Condition, NotUnderstoodError, Source
from cli.paths.wording import number, slug, words
from services.verifier.domain.evaluating.world import Document

ID = r"[A-Z]{1,4}-?\d[\d-]*"
_NAMED = re.compile(
    r"^(?:the )?(product|goods|article|customer|supplier|site|sensor|traveller|owner) named in (the .+)$"
)
_CALLED = re.compile(
    r"^(?:the )?(product|order|customer|trip|shelf|site|department|supplier|sensor|team|region) (?!of |named |in )(.+)$"
)
_LABELS = {
    "product": ("sku", "article", "product"),
    "goods": ("sku", "article"),
    "article": ("article", "sku"),
    "sensor": ("sensor", "probe", "sensor_id"),
    "traveller": ("traveller",),
}
_KIND = {"goods": "product", "article": "product", "traveller": "person", "owner": "person"}
_EXTREME = re.compile(r"^the (product|supplier|customer) with the (highest|lowest|longest|shortest) (.+)$")
_WEIGHED = {"lightest": ("lowest", "weight"), "heaviest": ("highest", "weight")}


@dataclass(frozen=True, slots=True)
class Entity:
    """Something in the world."""

    kind: str
    value: str


class Namer:
    """Finds what is named; every look goes through the looker."""

    def __init__(self, looker: Looker) -> None:
        self._looker = looker

    def document(self, text: str) -> Document:
        """Open the document that a phrase names.

        Raises:
            NotUnderstoodError: it names none.
        """
        for pattern, title in (
            (r"^the supply agreement (SA-\S+)$", "Supply agreement {}"),
            (r"^the “(.+)” (?:meeting note|page)$", "{}"),
            (r"^the (storage conditions|stock plan) note$", "{}"),
            (r"^the (trip report \S+) note$", "{}"),
        ):
            if match := re.match(pattern, text):
                name = match.group(1)
                return self._looker.document(title.format(name[:1].upper() + name[1:]))
        raise NotUnderstoodError(f"no document is {text!r}")

    def fact(self, document: Document, phrase: str) -> str:
        """Return what a document says under a label.

        Raises:
            NotUnderstoodError: nothing, or several things.
        """
        asked = words(phrase)
        found = [(len(words(label)), value) for label, value in document.labelled if words(label) <= asked]
        best = max((one for one, _ in found), default=0)
        values = {value for many, value in found if many == best}
        if not best or len(values) != 1:
            raise NotUnderstoodError(f"{document.path} does not say {phrase!r} once")
        return values.pop()

    def entity(self, text: str) -> Entity:
        """Return what a phrase names.

        Raises:
            NotUnderstoodError: it names nothing that is known.
        """
        text = text.strip()
        if match := _NAMED.match(text):
            return self._told(match.group(1), self.document(match.group(2)))
        if match := re.match(r"^(?:the )?(supplier|team|product|customer) of (.+)$", text):
            return self._related(match.group(1), self.entity(match.group(2)))
        if match := _EXTREME.match(text):
            return self._extreme(*match.groups())
        if match := re.match(r"^the (lightest|heaviest) (product)$", text):
            return self._extreme(match.group(2), *_WEIGHED[match.group(1)])
        # "the Quality department" is "department Quality".
        text = re.sub(r"^the (.+) (site|department)$", r"\2 \1", text)
        if (match := _CALLED.match(text)) and self._is_known(match.group(2)):
            return Entity(match.group(1), match.group(2))
        if self._is_known(text):
            return Entity("", text)
        raise NotUnderstoodError(f"nothing is called {text!r}")

    def holding(self, source: Source, entity: Entity) -> Condition:
        """Return the condition under which a table's rows are about an entity, its other names looked up at need."""
        looker = self._looker
        try:
            return looker.holder(source, (entity.value,))
        except NotUnderstoodError:
            kind = {"product": "products", "customer": "customers"}.get(entity.kind)
            if kind is None:
                raise
        table = looker.table_of(kind)
        row = self._only(looker.select(table, [looker.holder(table, (entity.value,))]))
        return looker.holder(source, [cell for cell in list(row.values())[:2] if cell])

    def row(self, source: Source, entity: Entity) -> dict[str, str]:
        """Return the one row of a table about an entity."""
        return self._only(self._looker.select(source, [self.holding(source, entity)]))

    def _told(self, kind: str, document: Document) -> Entity:
        labels = _LABELS.get(kind, (kind,))
        for label in labels:
            told = {value for one, value in document.labelled if slug(one) == label}
            if len(told) == 1:
                return Entity(_KIND.get(kind, kind), told.pop())
            if told:
                break
        raise NotUnderstoodError(f"{document.path} does not name one {kind}")

    def _related(self, kind: str, entity: Entity) -> Entity:
        looker = self._looker
        if kind == "team":
            table = looker.table_of("staff")
            row = self.row(table, entity)
            return Entity("department", next(v for c, v in row.items() if slug(c) in ("team", "department")))
        table = looker.table_of("products" if kind == "supplier" else "orders")
        row = self.row(table, entity)
        wanted = {"supplier": ("supplied_by", "supplier"), "product": ("sku", "article"), "customer": ("customer",)}
        told = [value for one in wanted[kind] for column, value in row.items() if slug(column).startswith(one)]
        if not told:
            raise NotUnderstoodError(f"{table.path} has no {kind}")
        return Entity(kind, told[0])

    def _extreme(self, kind: str, extreme: str, phrase: str) -> Entity:
        table = self._looker.table_of(f"{kind}s")
        row = extreme_row(self._looker.select(table, []), self._looker.column(table, phrase), extreme)
        return Entity(kind, next(iter(row.values())))

    def _is_known(self, value: str) -> bool:
        return any(value in row for rows in self._looker.shelf.tables.values() for row in rows.rows)

    def _only(self, rows: Sequence[dict[str, str]]) -> dict[str, str]:
        if len(rows) != 1:
            raise NotUnderstoodError(f"{len(rows)} rows instead of one")
        return rows[0]


def extreme_row(rows: Sequence[dict[str, str]], column: str, extreme: str) -> dict[str, str]:
    """Return the row with the greatest or least number in a column.

    Raises:
        NotUnderstoodError: there is none, or a tie.
    """
    known = [(value, row) for row in rows if (value := number(row.get(column, ""))) is not None]
    if not known:
        raise NotUnderstoodError(f"nothing to compare by {column}")
    pick = max if extreme in ("highest", "largest", "longest", "greatest", "most", "heaviest") else min
    best = pick(value for value, _ in known)
    rows_at_best = [row for value, row in known if value == best]
    if len(rows_at_best) != 1:
        raise NotUnderstoodError(f"a tie by {column}")
    return rows_at_best[0]
