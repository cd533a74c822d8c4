"""Figures that a phrase asks for: sums and extremes over rows, cells of one row, facts of a document."""

import calendar
import re
from collections.abc import Sequence
from decimal import Decimal

from cli.paths.looking import Looker
from cli.paths.naming import Entity, Namer, extreme_row
from cli.paths.shelf import Condition, NotUnderstoodError, Source
from cli.paths.wording import number, slug

AGGREGATE = re.compile(
    r"^(?:the |their )?(?P<op>highest|lowest|average|total) (?P<what>.+?) (?:among|of) (?:all )?(?:the )?"
    r"(?P<noun>orders|customers|readings|products|trips)\b ?(?P<rest>.*)$"
)
_READING = re.compile(r"^(?:the )?(?P<what>.+?) of the reading ?(?P<rest>.*?) ?with the (?P<op>\w+) (?P<by>.+)$")
_DATED = re.compile(
    r"(?: |^)(?:dated|placed|opened|starting|with an? .+? date)(?: (on or after|before)) "
    r"(\d+ \w+ \d{4}|the “[^”]+” date (?:given )?in the “[^”]+” meeting note|the [a-z ]+ date given there)$"
)
_SINCE = r"(?:dated|placed|opened|starting) (?:on or after|before)"
_MONTHS = list(calendar.month_name)[1:]


class Figurer:
    """Reads figures; every look goes through the looker."""

    def __init__(self, looker: Looker) -> None:
        self.looker, self.namer = looker, Namer(looker)

    def figure(self, text: str, key: str = "") -> Decimal:
        """Return the number that a phrase means.

        Raises:
            NotUnderstoodError: it is none of the known forms.
        """
        text = text.strip()
        if match := AGGREGATE.match(text):
            rows, source = self.rows(match["noun"], match["rest"])
            return self.aggregate(source, rows, match["op"], match["what"], key)
        if match := _READING.match(text):
            return self._of_reading(match["what"], match["rest"], match["op"], match["by"])
        match = re.match(r"^(?:the )?(.+?) (?:given )?in (the (?:supply|“|storage|stock).+)$", text)
        if match and " named" not in match[1]:
            return _numeric(self.namer.fact(self.namer.document(match.group(2)), _condition_words(match.group(1))))
        if self.looker.about and " of " not in text:
            return _numeric(self.namer.fact(self.namer.document(self.looker.about), _condition_words(text)))
        return _numeric(self.attribute(text, ""))

    def attribute(self, text: str, key: str) -> str:
        """Return the cell that `the X of Y` means; by its key where the column is called so."""
        for match in re.finditer(r" (?:of|for) ", text):
            try:
                entity = self.namer.entity(text[match.end() :])
            except NotUnderstoodError:
                continue
            return self.cell(entity, text[: match.start()], key)
        raise NotUnderstoodError(f"whose is {text!r}?")

    def cell(self, entity: Entity, phrase: str, key: str) -> str:
        """Return one cell about an entity."""
        named = self.looker.named_table(self.looker.by) if self.looker.by else None
        source = named or self._source(entity, phrase, key)
        return self.namer.row(source, entity)[self.looker.column(source, phrase, key)]

    def rows(self, noun: str, rest: str) -> tuple[list[dict[str, str]], Source]:
        """Return the rows of a noun under the conditions that follow it, and their table."""
        source = self.looker.table_of(noun)
        return self.looker.select(source, self._conditions(source, rest)), source

    def aggregate(self, source: Source, rows: Sequence[dict[str, str]], op: str, what: str, key: str = "") -> Decimal:
        """Fold one column of rows.

        Raises:
            NotUnderstoodError: no row, or no such column.
        """
        bare = re.sub(r"^(?:highest|lowest|average|total)_", "", key)
        phrase = {"value": "total"}.get(what, what)
        column = self.looker.column(source, phrase, bare)
        values = [value for row in rows if (value := number(row.get(column, ""))) is not None]
        if not values:
            raise NotUnderstoodError("no row to fold")
        if op in ("highest", "lowest"):
            return max(values) if op == "highest" else min(values)
        total = sum(values, Decimal(0))
        return total / len(values) if op == "average" else total

    def day(self, text: str, told: str) -> str:
        """Return a date (YYYY-MM-DD) that a phrase gives or points at; `told` is what `there` means."""
        if match := re.match(r"^(\d+) (\w+) (\d{4})$", text):
            return f"{match[3]}-{_MONTHS.index(match[2]) + 1:02}-{int(match[1]):02}"
        if match := re.match(r"^the “(.+)” date (?:given )?in (the .+)$", text):
            return self.namer.fact(self.namer.document(match[2]), match[1])
        match = re.match(r"^the (.+) date given there$", text)
        inner = re.search(r"named in (the .+)$", told)
        if match and inner:
            return self.namer.fact(self.namer.document(inner[1]), match[1])
        raise NotUnderstoodError(f"which day is {text!r}?")

    def _conditions(self, source: Source, rest: str) -> list[Condition]:
        found: list[Condition] = []
        # "dated before 7 October for the product": the day may stand first.
        rest = re.sub(rf"^({_SINCE} \d+ \w+ \d{{4}}) ((?:for|by) .+)$", r"\2 \1", rest.strip())
        if match := _DATED.search(rest):
            before = rest[: match.start()]
            column = self._date_column(source)
            found.append((column, ">=" if match[1] == "on or after" else "<", self.day(match[2], before)))
            rest = before
        if match := re.search(r"(?: |^)in the (?:sales )?(?:region|territory) of (.+)$", rest):
            found.append(self._region(source, self.namer.entity(match[1])))
            rest = rest[: match.start()]
        if match := re.search(r"(?: |^)in the (\S+) (?:region|territory)$", rest):
            found.append(self.looker.holder(source, (match[1],)))
            rest = rest[: match.start()]
        return found + self._about(source, rest.strip())

    def _about(self, source: Source, rest: str) -> list[Condition]:
        if not rest:
            return []
        if match := re.match(r"^whose (.+?) is (.+)$", rest):
            return [(self.looker.column(source, match[1]), "=", match[2])]
        if match := re.match(r"^with (.+) as the (\w+)$", rest):
            return [(self.looker.column(source, match[2]), "=", match[1])]
        match = re.match(r"^(?:for|by|at|from) (.+)$", rest)
        if not match:
            raise NotUnderstoodError(f"which rows are {rest!r}?")
        if several := re.match(r"^the (products|suppliers) named in (the .+) and (the .+)$", match[1]):
            kind = several[1][:-1]
            both = [self.namer.entity(f"the {kind} named in {one}") for one in (several[2], several[3])]
            conditions = [self.namer.holding(source, one) for one in both]
            return [(conditions[0][0], "in", "\n".join(one[2] for one in conditions))]
        return [self.namer.holding(source, self.namer.entity(match[1]))]

    def _region(self, source: Source, customer: Entity) -> Condition:
        table = self.looker.table_of("customers")
        row = self.namer.row(table, customer)
        region = next(value for column, value in row.items() if "region" in slug(column) or slug(column) == "territory")
        return self.looker.holder(source, (region,))

    def _date_column(self, source: Source) -> str:
        columns = self.looker.shelf.rows(source).columns
        dated = [one for one in columns if re.search(r"date|_on$|since|start", slug(one))]
        if len(dated) != 1:
            raise NotUnderstoodError(f"{source.path} has {len(dated)} columns of dates")
        return dated[0]

    def _of_reading(self, what: str, rest: str, op: str, by: str) -> Decimal:
        rows, source = self.rows("readings", rest)
        row = extreme_row(rows, self.looker.column(source, by), op)
        return _numeric(row[self.looker.column(source, what)])

    def _source(self, entity: Entity, phrase: str, key: str) -> Source:
        kinds = {"order": "orders", "customer": "customers", "product": "products", "supplier": "suppliers"}
        if entity.kind in kinds:
            return self.looker.table_of(kinds[entity.kind])
        return self.looker.table_with([key or slug(phrase)], (entity.value,))


def _condition_words(phrase: str) -> str:
    """`temperature limit for Cold Store` is written `Cold Store, temperature` on a page of limits."""
    match = re.match(r"^(?:the )?(.+) limit for (.+)$", phrase)
    return f"{match[2]} {match[1]}" if match else phrase


def _numeric(text: str) -> Decimal:
    value = number(text)
    if value is None:
        raise NotUnderstoodError(f"{text!r} is no number")
    return value
