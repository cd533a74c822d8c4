import json
import sqlite3
import zipfile

import docx
import openpyxl
import pytest

from services.crawler.adapters.world_files import MAX_RECORD_BYTES, inspect_world
from shared.model.values import ValueKind
from shared.proof.dates import read_date
from shared.runtime import wire
from worlds import build

pytestmark = pytest.mark.unit

NOW = "2026-03-02T09:30:00+00:00"


def look(folder):
    return inspect_world(folder, "d" * 64, "mine", NOW)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(4, 5, tmp_path_factory.mktemp("world") / "built")


def test_a_built_world_is_seen_as_its_entity_index_says(built):
    record = look(built / "files")
    index = json.loads((built / "entities.json").read_text(encoding="utf-8"))["entities"]
    tables = {(table.path, table.name): table for table in record.tables}
    places = [place for entity in index for fact in entity["facts"] for place in fact["places"]]
    for place in places:
        if place["file"].endswith(".csv"):
            (table,) = [table for table in record.tables if table.path == place["file"]]
            assert place["column"] in [column.name for column in table.columns]
            assert place["row"] < table.row_count
        elif place["file"].endswith(".db"):
            columns = tables[place["file"], place["table"]].columns
            assert place["column"] in [column.name for column in columns]
        elif place["file"].endswith(".xlsx"):
            assert (place["file"], place["sheet"]) in tables
    assert {path.rpartition("/")[2] for path, _ in tables} >= {"records.db", "racks.xlsx"}


def test_labelled_facts_of_a_built_world_are_found(built):
    record = look(built / "files")
    found = {(fact.path, fact.key): fact for fact in record.facts}
    index = json.loads((built / "entities.json").read_text(encoding="utf-8"))["entities"]
    labels = [
        (place["file"], place.get("label") or place.get("term"), fact["value"])
        for entity in index
        for fact in entity["facts"]
        for place in fact["places"]
        if "label" in place or "term" in place
    ]
    assert len(labels) > 50
    missing = [label for label in labels if (label[0], label[1]) not in found]
    assert missing == []
    assert all(
        value in found[path, key].text or str(read_date(found[path, key].text)) == value for path, key, value in labels
    )


def test_documents_and_notes_have_titles(built):
    titles = {file.path: file.title for file in look(built / "files").files}
    prose = [path for path in titles if path.endswith((".md", ".docx", ".html"))]
    assert prose
    assert all(titles[path] for path in prose)
    assert len({titles[path] for path in prose}) == len(prose)


def test_a_repository_shows_by_its_head_only(built):
    paths = [file.path for file in look(built / "files").files]
    assert "repo/.git/HEAD" in paths
    assert not any("/.git/objects/" in path for path in paths)


def test_a_repository_shows_its_branches(tmp_path):
    git = tmp_path / "code" / ".git"
    (git / "refs" / "heads" / "fix").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "refs" / "heads" / "main").write_text("0" * 40)
    (git / "refs" / "heads" / "fix" / "cap").write_text("1" * 40)
    (git / "packed-refs").write_text(f"# pack-refs\n{'2' * 40} refs/heads/packed\n{'3' * 40} refs/tags/v1\n")
    found = [(fact.key, fact.text) for fact in look(tmp_path).facts if fact.path == "code/.git/HEAD"]
    assert found == [("current branch", "main"), ("branch", "fix/cap"), ("branch", "packed")]


def test_columns_are_typed_with_units(tmp_path):
    (tmp_path / "t.csv").write_text(
        "sku,weight_lb,time_zone,note\nAB-101,3.58,Europe/Berlin,first\nAB-102,7.25,Asia/Tokyo,\n"
    )
    (table,) = look(tmp_path).tables
    by_name = {column.name: column for column in table.columns}
    assert (by_name["weight_lb"].kind, by_name["weight_lb"].unit) == (ValueKind.QUANTITY, "lb")
    assert by_name["time_zone"].kind is ValueKind.TIME_ZONE
    assert by_name["sku"].kind is ValueKind.IDENTIFIER
    assert by_name["note"].distinct == 1
    assert by_name["sku"].samples == ("AB-101", "AB-102")
    assert (table.row_count, table.format, table.name) == (2, "csv", "t")


def test_semicolons_and_old_encodings_are_read(tmp_path):
    (tmp_path / "alt.csv").write_bytes("Stra\xdfe;Ort;Ort\nHauptstra\xdfe 1;K\xf6ln;a\n".encode("cp1252"))
    (table,) = look(tmp_path).tables
    assert [column.name for column in table.columns] == ["Straße", "Ort", "Ort_3"]
    assert table.columns[1].samples == ("Köln",)


def test_lists_of_records_are_found_inside_json(tmp_path):
    text = '{"meta": {"n": 1}, "data": {"a/b": [{"id": "X-1", "price": 25.60, "tags": ["q"]}, {"id": "X-2"}]}}'
    (tmp_path / "nested.json").write_text(text)
    (table,) = look(tmp_path).tables
    assert (table.pointer, table.row_count) == ("/data/a~1b", 2)
    assert [column.name for column in table.columns] == ["id", "price"]
    assert table.columns[1].samples == ("25.60",)


@pytest.mark.parametrize(("row", "column", "cell"), [(1, 1, "A1"), (4, 3, "C4"), (2, 30, "AD2")])
def test_headers_are_found_wherever_they_stand_on_a_sheet(tmp_path, row, column, cell):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Plan"
    if row > 1:
        sheet.cell(1, column, "A heading on its own")
    for offset, cells in enumerate(
        [["Region", "Sales EUR"], ["North", 12.5], ["South", 7], [None, None], ["Total", 19.5]]
    ):
        for right, value in enumerate(cells):
            sheet.cell(row + offset, column + right, value)
    book.create_sheet("Empty")
    book.save(tmp_path / "book.xlsx")
    (table,) = look(tmp_path).tables
    assert (table.name, table.first_cell, table.row_count) == ("Plan", cell, 2)
    assert table.columns[1].samples == ("12.5", "7")


def test_a_sheet_of_numbers_has_no_header(tmp_path):
    book = openpyxl.Workbook()
    for row in ([1, 2, 3], [4, 5, 6]):
        book.active.append(row)
    book.save(tmp_path / "numbers.xlsx")
    assert look(tmp_path).tables == ()


def test_database_tables_are_seen_and_the_file_stays_as_it_was(tmp_path):
    file = tmp_path / "odd name?%.db"
    connection = sqlite3.connect(file)
    connection.execute('CREATE TABLE "or""der" (id TEXT, qty INTEGER, picture BLOB)')
    connection.execute("INSERT INTO \"or\"\"der\" VALUES ('A-1', 3, x'00')")
    connection.commit()
    connection.close()
    before = file.read_bytes()
    (table,) = look(tmp_path).tables
    assert (table.name, table.row_count, table.format) == ('or"der', 1, "sqlite")
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("Old price: 129.00 USD", ("Old price", "129.00 USD", ValueKind.QUANTITY, "USD")),
        ("- Owner: Mara Lindqvist", ("Owner", "Mara Lindqvist", ValueKind.NAME, "")),
        ("**Valid from:** 2026-01-05  ", ("Valid from", "2026-01-05", ValueKind.DATE, "")),
        ("| Lead time | 21 days |", ("Lead time", "21 days", ValueKind.QUANTITY, "day")),
    ],
)
def test_labelled_lines_are_facts(tmp_path, line, fact):
    (tmp_path / "note.md").write_text(f"# Talk\n\n{line}\n")
    record = look(tmp_path)
    assert [(found.key, found.text, found.kind, found.unit) for found in record.facts] == [fact]
    assert record.files[0].title == "Talk"


@pytest.mark.parametrize(
    "text", ["see http://example.org/page", "at 12:30 we left", "```\nkey: value\n```", "| --- | --- |", "a:b", "Key:"]
)
def test_other_lines_are_not_facts(tmp_path, text):
    (tmp_path / "note.md").write_text(text)
    assert look(tmp_path).facts == ()


def test_pages_give_terms_and_two_column_tables(tmp_path):
    (tmp_path / "p.html").write_text(
        "<title>Site</title><h1>Returns &amp; refunds</h1><dl><dt>Window<dd>30 days</dl>"
        "<table><tr><th>Fee<td>12.5 percent</table><script>x: y</script>"
    )
    record = look(tmp_path)
    assert record.files[0].title == "Returns & refunds"
    assert [(fact.key, fact.text) for fact in record.facts] == [("Window", "30 days"), ("Fee", "12.5 percent")]


def test_documents_give_properties_and_tables(tmp_path):
    document = docx.Document()
    document.core_properties.author = "Aiko Mori"
    document.core_properties.title = "Lease"
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Notice period", "62 days"
    document.add_paragraph("Deposit: 900 EUR")
    document.save(tmp_path / "lease.docx")
    record = look(tmp_path)
    facts = {fact.key: fact.text for fact in record.facts}
    assert record.files[0].title == "Lease"
    assert facts["author"] == "Aiko Mori"
    assert facts["Notice period"] == "62 days"
    assert facts["Deposit"] == "900 EUR"


def _broken_files(folder):
    for suffix in ("xlsx", "docx", "db", "json", "csv", "html", "md"):
        (folder / f"empty.{suffix}").write_bytes(b"")
        (folder / f"noise.{suffix}").write_bytes(bytes(range(256)) * 40)
        (folder / f"zip.{suffix}").write_bytes(b"PK\x03\x04" + b"\0" * 200)
    (folder / "deep.json").write_text("[" * 50_000 + "]" * 50_000)
    (folder / "cut.db").write_bytes(b"SQLite format 3\0" + b"\x10\x00\x01\x01" + b"\0" * 500)
    with zipfile.ZipFile(folder / "other.docx", "w") as package:
        package.writestr("hello.txt", "no document")
    with zipfile.ZipFile(folder / "other.xlsx", "w") as package:
        package.writestr("[Content_Types].xml", "<Types")
    (folder / "quote.csv").write_text('a,b\n"never closed,1\n' + "x" * 200_000)
    (folder / "dangling").symlink_to(folder / "nowhere")
    (folder / "loop").symlink_to(folder)


def test_broken_files_are_listed_and_cost_nothing_else(tmp_path):
    _broken_files(tmp_path)
    (tmp_path / "good.csv").write_text("id,price_eur\nA-1,2.50\n")
    record = look(tmp_path)
    assert {"noise.xlsx", "deep.json", "cut.db", "good.csv"} <= {file.path for file in record.files}
    assert "good" in [table.name for table in record.tables]
    assert not any(file.path.startswith("loop") for file in record.files)


def test_the_record_stays_small_whatever_the_folder_holds(tmp_path):
    for number in range(120):
        header = ",".join(f"column {n} of table {number}" for n in range(60))
        rows = "\n".join(",".join(f"value {number} {row} {n}" + "z" * 90 for n in range(60)) for row in range(45))
        (tmp_path / f"wide{number}.csv").write_text(f"{header}\n{rows}\n")
    (tmp_path / "long.md").write_text("".join(f"Key {n}: value {n}{'y' * 150}\n" for n in range(9_000)))
    record = look(tmp_path)
    assert len(wire.encode("tool-catalogue", record)) <= MAX_RECORD_BYTES
    assert record.tables
    assert record.facts


def test_two_looks_give_the_same_record_whatever_the_file_system_says(tmp_path):
    for name in ("b", "a", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.csv").write_text("k,v\nx,1\n")
    first = look(tmp_path)
    assert first == look(tmp_path)
    assert [file.path for file in first.files] == ["a/t.csv", "b/t.csv", "c/t.csv"]
