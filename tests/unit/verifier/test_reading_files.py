"""Files read for the evaluator: formats as programs write them, damage, links, bounds; and worlds by digest."""

import asyncio
import sqlite3
import zipfile
from datetime import date, datetime

import docx
import openpyxl
import pytest

from services.verifier.adapters import reading_packages, reading_tables
from services.verifier.adapters.worlds import MOST_WORLDS, FileWorld, WorldMeanings
from services.verifier.domain.evaluating.world import Unread
from shared.model import logical_form as lf
from shared.model.errors import Unavailable
from shared.model.tasks import Uniqueness
from shared.runtime.servers.world_store import WorldStore
from tests.unit.verifier.built_world import NAMED, task_of

NOW = "2026-03-01T09:00:00+00:00"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "world").mkdir()
    return tmp_path / "world"


def only(folder, path):
    (table,) = FileWorld(folder, NOW).tables(path)
    return table


def test_workbook_as_a_spreadsheet_program_saves_it(folder):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Trips"
    sheet["B2"] = "Business trips 2026"
    for column, title in enumerate(("Trip", "Start", "At", "Cost", "Paid"), start=2):
        sheet.cell(4, column, title)
    for column, value in enumerate(
        ("TR-1", date(2026, 2, 3), datetime.fromisoformat("2026-02-03T09:30"), 12.5, True), start=2
    ):
        sheet.cell(5, column, value)
    sheet.cell(6, 2, "TR-2")
    sheet.cell(6, 5, 1200)
    sheet.cell(8, 2, "a note below a gap")
    book.create_sheet("Empty")
    book.save(folder / "trips.xlsx")
    table = only(folder, "trips.xlsx")
    assert (table.name, table.columns) == ("Trips", ("Trip", "Start", "At", "Cost", "Paid"))
    assert table.rows == (("TR-1", "2026-02-03", "2026-02-03T09:30:00", "12.5", "true"), ("TR-2", "", "", "1200", ""))


def test_word_document_as_a_word_processor_saves_it(folder):
    document = docx.Document()
    document.core_properties.author, document.core_properties.title = "Ada Berg", ""
    document.add_heading("Supply agreement S-1", 1)
    document.add_paragraph("Term: 24 months")
    table = document.add_table(2, 3)
    for cell, text in zip(
        (*table.rows[0].cells, *table.rows[1].cells), ("SKU", "Goods", "Price", "P1", "Tin", "4 EUR"), strict=True
    ):
        cell.text = text
    document.save(folder / "s.docx")
    read = FileWorld(folder, NOW).document("s.docx")
    assert read.title == "Supply agreement S-1"
    assert {("Term", "24 months"), ("SKU", "P1"), ("Price", "4 EUR")} <= set(read.labelled)
    assert ("author", "Ada Berg") in read.properties


def test_markdown_labels_in_every_dress(folder):
    (folder / "n.md").write_text(
        "---\ncountry: Japan\n---\nTrip notes\n==========\n\n- **Site:** Cold Store\n* *Owner*: `Ada`\n"
        "1. Area: 520 m2\n| Key | Value |\n|---|---|\n| Limit | 7.2 C |\n\n```\nSite: not this one\n```\nhttp://x: y\n"
    )
    read = FileWorld(folder, NOW).document("n.md")
    assert read.title == "Trip notes"
    assert dict(read.labelled) == {
        "country": "Japan", "Site": "Cold Store", "Owner": "Ada", "Area": "520 m2", "Key": "Value", "Limit": "7.2 C",
    }  # fmt: skip


def test_page_with_tables_terms_and_unclosed_cells(folder):
    (folder / "p.html").write_text(
        "<title>T</title><h1>Storage&nbsp;limits</h1><table><tr><th>Dry Store<td>64.6 F<tr><th>Cold<td>45 F</table>"
        "<dl><dt>Owner<dd>Greta Lorenz</dl><p>Valid: 2026</p>"
    )
    read = FileWorld(folder, NOW).document("p.html")
    assert read.title == "Storage limits"
    expected = {"Dry Store": "64.6 F", "Cold": "45 F", "Owner": "Greta Lorenz", "Valid": "2026"}
    assert dict(read.labelled) == expected


def test_json_lists_are_named_by_their_key_and_databases_by_table(folder):
    (folder / "deep.json").write_text('{"shop": {"items": [{"a": 1.50, "b": null}, {"a": true, "c": [1]}]}}')
    table = only(folder, "deep.json")
    assert (table.name, table.columns, table.rows) == ("items", ("a", "b", "c"), (("1.50", "", ""), ("true", "", "")))
    connection = sqlite3.connect(folder / "d.db")
    connection.execute('CREATE TABLE "odd ""name" (a TEXT, b REAL)')
    connection.execute('INSERT INTO "odd ""name" VALUES (?, ?)', ("x", 2.0))
    connection.commit()
    connection.close()
    table = only(folder, "d.db")
    assert (table.name, table.rows) == ('odd "name', (("x", "2"),))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.xlsx", b"no package"),
        ("x.docx", b"PK\x03\x04 cut off"),
        ("x.json", b"{no json"),
        ("x.csv", b"\x00binary"),
        ("x.db", b"another kind of file"),
        ("x.md", b"\x00binary"),
        ("x.pdf", b"%PDF"),
    ],
)
def test_damaged_and_unknown_files_are_not_read_and_nothing_follows(folder, name, content):
    (folder / name).write_bytes(content)
    world = FileWorld(folder, NOW)
    for _ in range(2):
        with pytest.raises(Unread):
            (world.document if name.endswith((".md", ".docx")) else world.tables)(name)


def test_package_that_unpacks_to_too_much_or_declares_entities_is_not_read(folder, monkeypatch):
    with zipfile.ZipFile(folder / "bomb.docx", "w") as package:
        package.writestr("word/document.xml", '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(Unread, match="document type"):
        FileWorld(folder, NOW).document("bomb.docx")
    monkeypatch.setattr(reading_packages, "MOST_BYTES", 10)
    with pytest.raises(Unread, match="too much"):
        FileWorld(folder, NOW).document("bomb.docx")


def test_table_that_is_too_long_is_not_read_in_part(folder, monkeypatch):
    monkeypatch.setattr(reading_tables, "MOST_ROWS", 2)
    (folder / "long.csv").write_text("a,b\n1,2\n3,4\n5,6\n")
    with pytest.raises(Unread, match="more than 2 rows"):
        FileWorld(folder, NOW).tables("long.csv")


def test_headers_that_are_no_names_leave_a_question_observed(folder):
    (folder / "twice.csv").write_text("name,price,price\nBolt,4,5\n")
    table = lf.Table("twice.csv", "twice", "csv")
    form = lf.Attribute(lf.Keyed(table, "name", lf.Literal("Bolt", NAMED)), "price", NAMED)
    store = WorldStore(folder.parent / "worlds")
    task = task_of(form, "4")
    task.world_digest = store.add(folder, NOW)
    meaning = asyncio.run(WorldMeanings(store).meaning(task, {}))
    assert (meaning.uniqueness, meaning.refusal) == (Uniqueness.OBSERVED, None)


def test_links_lead_nowhere(folder):
    (folder.parent / "secret.csv").write_text("a,b\n1,2\n")
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    world = FileWorld(folder, NOW)
    assert world.paths() == ()
    for path in ("link.csv", "../secret.csv", str(folder.parent / "secret.csv")):
        with pytest.raises(Unread):
            world.tables(path)


def test_packed_history_is_not_read(folder):
    git = folder / "repo" / ".git"
    (git / "refs/heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "packed-refs").write_text(f"# pack-refs\n{'a' * 40} refs/heads/main\n")
    with pytest.raises(Unread, match="packed"):
        FileWorld(folder, NOW).history("repo").commits()
    (git / "HEAD").write_text("ref: ../../../secret\n")
    with pytest.raises(Unread):
        FileWorld(folder, NOW).history("repo").commits()


def test_world_that_is_not_here_is_waited_for_and_never_a_verdict(folder):
    task = task_of(lf.Literal("x", NAMED), "x")
    task.world_digest = "0" * 64
    with pytest.raises(Unavailable, match="mount"):
        asyncio.run(WorldMeanings(WorldStore(folder)).meaning(task, {}))


def test_worlds_are_held_in_bounded_number(folder):
    (folder / "a.csv").write_text("name,price\nBolt,4\nNut,5\n")
    store = WorldStore(folder.parent / "worlds")
    meanings = WorldMeanings(store)
    row = lf.Keyed(lf.Table("a.csv", "a", "csv"), "name", lf.Literal("Bolt", NAMED))
    for day in range(1, MOST_WORLDS + 3):
        task = task_of(lf.Attribute(row, "price", NAMED), "4")
        task.world_digest = store.add(folder, f"2026-03-{day:02d}T09:00:00+00:00")
        assert asyncio.run(meanings.meaning(task, {})).uniqueness is Uniqueness.PROVEN
    assert len(meanings._worlds) == MOST_WORLDS
