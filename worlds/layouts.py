"""Where files lie and what their columns are called: drawn per seed, so that nothing can be known by heart."""

from collections.abc import Mapping
from dataclasses import dataclass

from worlds.draws import Draw
from worlds.model import Units
from worlds.wording import Book


@dataclass(frozen=True, slots=True)
class Layout:
    """Paths by what lies there, column headers by table and attribute, and a few habits."""

    paths: Mapping[str, str]
    headers: Mapping[str, Mapping[str, str]]
    note_style: int
    """How labelled lines are written in notes: plain, bullets, or bold labels."""
    sheet_corner: tuple[int, int]
    """Row and column where tables begin in the workbook."""
    nested_json: bool
    """Whether JSON files wrap their list in an object."""
    default_branch: str

    def table(self, name: str) -> tuple[str, Mapping[str, str]]:
        """Return where a table lies and what its columns are called."""
        return self.paths[name], self.headers[name]


def draw_layout(stream: str, units: Units, book: Book) -> Layout:
    """Draw how one company keeps its files."""
    draw, paths = Draw(stream, "layout"), book.at("layout.paths")
    formats = {"f": draw.pick(("csv", "json")), "g": draw.pick(("csv", "json"))}
    units_in_names = {
        "c": units.currency.lower(),
        "w": units.weight,
        "t": units.temperature.lower(),
        "d": units.distance,
    }
    return Layout(
        paths={name: draw.pick(known).format(**formats) for name, known in paths.items()},
        headers={
            name: {attribute: header.format(**units_in_names) for attribute, header in draw.pick(headers).items()}
            for name, headers in book.at("layout.headers").items()
        },
        note_style=draw.integer(0, 2),
        sheet_corner=draw.pick(((1, 1), (3, 1), (4, 2), (3, 2))),
        nested_json=draw.chance(0.5),
        default_branch=draw.pick(("main", "master", "trunk")),
    )
