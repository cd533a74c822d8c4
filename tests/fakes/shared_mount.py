"""One small world for the servers that mount it, and who can write what another reads."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import docx
import openpyxl

ROOT = "/workspace"
REPO = f"{ROOT}/repo"
TEXTS = {
    "sales/orders.csv": "order_id,sku,units\nPO-1,SKU-2217,7\nPO-2,SKU-3301,4\nPO-3,SKU-2217,5\n",
    "sales/returns.csv": "order_id,units\nPO-1,1\nPO-3,2\n",
    "sales/region_north.csv": "region,units\nNorth,7\n",
    "sales/region_south.csv": "region,units\nSouth,9\n",
    "notes/policy.md": "# Returns\n\nReturns are accepted within 30 days.\n",
    "notes/draft.md": "# Draft\n\nNothing is decided.\n",
    "code/labels.py": "def label(sku):\n    return sku\n",
    "code/stock.py": "LIMIT = 10\n\n\ndef is_low(units):\n    return units < LIMIT\n",
    "code/price.py": "def price(units):\n    return units * 2\n",
    "code/old_report.py": "def report():\n    return []\n",
    "out/units.csv": "sku,units\n",
    "out/regions.csv": "region\n",
}
BOOKS = {"budget": [["Team", "Amount"], ["Bakery", 1200]], "counts": [["Shelf", "Counted"], ["A-1", 93]]}
CONTRACTS = {"kyoto": "Delivery within 20 days.", "oslo": "A penalty of 1.5 percent a week is due."}


@dataclass(frozen=True)
class Call:
    """A call of one tool."""

    server_id: str
    tool: str
    arguments: dict = field(hash=False)

    def __str__(self):
        return f"{self.server_id}.{self.tool}"


@dataclass(frozen=True)
class Pair:
    """A write through one server and a read through another, of the same file."""

    file: str
    write: Call
    read: Call
    other: dict = field(hash=False)
    """Arguments that make of `write` a call that nobody ever made."""

    @property
    def unrecorded(self):
        return Call(self.write.server_id, self.write.tool, self.write.arguments | self.other)

    def __str__(self):
        return f"{self.write} -> {self.read} {self.file}"


def files(folder: Path):
    """Write the parts of the world that are no text; returns those that are."""
    for name, rows in BOOKS.items():
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        _save(book, folder / f"books/{name}.xlsx")
    for name, text in CONTRACTS.items():
        document = docx.Document()
        document.add_heading(name.title())
        document.add_paragraph(text)
        _save(document, folder / f"contracts/{name}.docx")
    _repository(folder / "repo")
    return TEXTS


def _save(document, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    document.save(path)


def _repository(folder):
    folder.mkdir(parents=True)
    _git(folder, "init", "-q", "--template=", "--initial-branch=main")
    for key, value in (("user.name", "Aiko Mori"), ("user.email", "aiko@example.com"), ("gc.auto", "0")):
        _git(folder, "config", key, value)
    for branch, limit in (("main", "0.5"), ("cap", "0.3")):
        if branch != "main":
            _git(folder, "checkout", "-q", "-b", branch)
        (folder / "pricing.py").write_text(f"CAP = {limit}\n")
        _git(folder, "add", "pricing.py")
        _git(folder, "commit", "-q", "-m", f"Cap discounts at {limit}")
    _git(folder, "checkout", "-q", "main")


def _git(folder, *words):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *words], cwd=folder, env=clean | {"GIT_CONFIG_GLOBAL": os.devnull}, check=True, timeout=30)


def sql(query):
    return Call("motherduck", "execute_query", {"sql": query})


def markdown(file):
    return Call("markitdown", "convert_to_markdown", {"uri": f"file://{ROOT}/{file}"})


def text(file):
    return Call("filesystem", "read_text_file", {"path": f"{ROOT}/{file}"})


def listing(folder):
    return Call("filesystem", "list_directory", {"path": f"{ROOT}/{folder}"})


def code(tool, **arguments):
    return Call("tree-sitter", tool, {"project": "code", **arguments})


def git(tool, **arguments):
    return Call("git", f"git_{tool}", {"repo_path": REPO, **arguments})


def edit(file, old, new):
    return Call("filesystem", "edit_file", {"path": f"{ROOT}/{file}", "edits": [{"oldText": old, "newText": new}]})


def edited(file, old, new, read):
    other = edit(file, old, f"{new}, or not").arguments
    return Pair(file, edit(file, old, new), read, other)


def written(file, content, read):
    arguments = {"path": f"{ROOT}/{file}", "content": content}
    return Pair(file, Call("filesystem", "write_file", arguments), read, {"content": f"{content}# other\n"})


def moved(file, target, read):
    arguments = {"source": f"{ROOT}/{file}", "destination": f"{ROOT}/{target}"}
    return Pair(file, Call("filesystem", "move_file", arguments), read, {"destination": f"{ROOT}/elsewhere"})


def in_book(file, tool, read, other, **arguments):
    return Pair(file, Call("excel", tool, {"path": f"{ROOT}/books/{file}", **arguments}), read, other)


def in_document(file, tool, other, read=None, **arguments):
    call = Call("word", tool, {"filename": f"{ROOT}/contracts/{file}", **arguments})
    return Pair(file, call, read or markdown(f"contracts/{file}"), other)


def remembered(tool, read, other, **arguments):
    return Pair("memory.jsonl", Call("memory", tool, arguments), read, other)


def copied(query, file, read):
    return Pair(
        file, sql(f"COPY ({query}) TO '{ROOT}/{file}'"), read, sql(f"COPY (SELECT 0) TO '{ROOT}/{file}'").arguments
    )


UNITS = f"SELECT sum(units) AS units FROM read_csv('{ROOT}/sales/orders.csv')"
RETURNS = f"SELECT sum(units) AS units FROM read_csv('{ROOT}/sales/returns.csv')"
REGIONS = f"SELECT region FROM read_csv('{ROOT}/sales/region_*.csv') ORDER BY region"
KYOTO = {"name": "Kyoto Metalworks", "entityType": "supplier", "observations": ["Asia/Tokyo"]}
OSLO = {"name": "Fjord Roasters", "entityType": "supplier", "observations": ["Europe/Oslo"]}


def content_of(file):
    return sql(f"SELECT content FROM read_text('{ROOT}/{file}')")


REGISTER = Call("tree-sitter", "register_project_tool", {"path": f"{ROOT}/code", "name": "code"})
"""Moves the session that every later tree-sitter call needs."""
PAIRS = (
    written("sales/orders.csv", "order_id,sku,units\nPO-4,SKU-2217,70\n", sql(UNITS)),
    edited("sales/returns.csv", "PO-3,2", "PO-3,9", sql(RETURNS)),
    moved("sales/region_south.csv", "notes/region_south.csv", sql(REGIONS)),
    edited("notes/policy.md", "30 days", "14 days", markdown("notes/policy.md")),
    written("code/labels.py", "def shorten(name):\n    return name[:3]\n", code("get_symbols", file_path="labels.py")),
    edited("code/stock.py", "LIMIT = 10", "LIMIT = 25", code("get_file", path="stock.py")),
    written(
        "code/price.py",
        "def price(units):\n    if units > 9:\n        return units\n    return units * 2\n",
        code("analyze_complexity", file_path="price.py"),
    ),
    moved("code/old_report.py", "code/new_report.py", code("list_files")),
    edited("repo/pricing.py", "CAP = 0.5", "CAP = 0.4", git("diff_unstaged")),
    written("repo/NEW.md", "New.\n", git("status")),
    Pair(
        "repo/.git/objects",
        git("add", files=["pricing.py"]),
        Call("filesystem", "directory_tree", {"path": f"{REPO}/.git/objects"}),
        {"files": ["NEW.md"]},
    ),
    Pair(
        "repo/.git/refs/heads/main",
        git("commit", message="Lower the cap"),
        text("repo/.git/refs/heads/main"),
        {"message": "Lower it"},
    ),
    Pair(
        "repo/.git/refs/heads",
        git("create_branch", branch_name="winter"),
        listing("repo/.git/refs/heads"),
        {"branch_name": "spring"},
    ),
    Pair("repo/.git/HEAD", git("checkout", branch_name="cap"), content_of("repo/.git/HEAD"), {"branch_name": "winter"}),
    Pair("repo/pricing.py", git("checkout", branch_name="main"), text("repo/pricing.py"), {"branch_name": "winter"}),
    in_book(
        "budget.xlsx",
        "write_range",
        markdown("books/budget.xlsx"),
        {"rows": [["Bakery", 1]]},
        sheet="Sheet",
        at="A2",
        rows=[["Bakery", 1350]],
    ),
    in_book(
        "counts.xlsx",
        "rename_sheet",
        markdown("books/counts.xlsx"),
        {"new_name": "Cold Store"},
        sheet="Sheet",
        new_name="Dry Store",
    ),
    in_book(
        "counts.xlsx",
        "export_csv",
        text("books/counts.csv"),
        {"delimiter": "tab"},
        sheet="Dry Store",
        csv_path=f"{ROOT}/books/counts.csv",
    ),
    in_book(
        "budget.xlsx",
        "export_csv",
        git("status"),
        {"delimiter": "tab"},
        sheet="Sheet",
        csv_path=f"{REPO}/budget.csv",
    ),
    in_book("plan.xlsx", "create_workbook", listing("books"), {"sheets": ["Other"]}, sheets=["Plan"]),
    in_book(
        "counts.xlsx",
        "replace_cells",
        markdown("books/counts.xlsx"),
        {"replacement": "Z-9"},
        query="A-1",
        replacement="B-50",
    ),
    in_document("kyoto.docx", "add_paragraph", {"text": "Other."}, text="Mara Lindqvist signs."),
    in_document(
        "oslo.docx",
        "search_and_replace",
        {"replace_text": "9.9 percent"},
        find_text="1.5 percent",
        replace_text="2.5 percent",
    ),
    in_document("bogota.docx", "create_document", {"title": "Other"}, listing("contracts"), title="Bogota"),
    remembered("create_entities", text("memory.jsonl"), {"entities": [OSLO]}, entities=[KYOTO]),
    remembered(
        "add_observations",
        content_of("memory.jsonl"),
        {"observations": []},
        observations=[{"entityName": KYOTO["name"], "contents": ["knives"]}],
    ),
    edited("memory.jsonl", '"Asia/Tokyo"', '"Asia/Seoul"', Call("memory", "search_nodes", {"query": "Metalworks"})),
    remembered("delete_entities", markdown("memory.jsonl"), {"entityNames": []}, entityNames=[KYOTO["name"]]),
    copied("SELECT 'SKU-2217' AS sku, 70 AS units", "out/units.csv", text("out/units.csv")),
    copied("SELECT 'North' AS region", "out/regions.csv", markdown("out/regions.csv")),
    copied("SELECT 1 AS one", "repo/one.csv", git("status")),
)
THERE, BACK = (
    moved("notes/draft.md", "notes/final.md", markdown("notes/draft.md")).write,
    moved("notes/final.md", "notes/draft.md", markdown("notes/draft.md")).write,
)
DRAFT = markdown("notes/draft.md")
COMMUTING = (
    written("notes/todo.md", "Count shelf A-1.\n", text("notes/todo.md")).write,
    git("create_branch", branch_name="side"),
)
BOTH = sql(
    f"SELECT (SELECT content FROM read_text('{ROOT}/notes/todo.md')) AS todo, "
    f"(SELECT count(*) FROM glob('{REPO}/.git/refs/heads/*')) AS branches"
)
"""Reads what both of the commuting writes wrote."""
SEEN = sql("SELECT one FROM made")
MADE = sql(f"CREATE TABLE made AS SELECT 1 AS one; COPY made TO '{ROOT}/out/one.csv'")
"""Moves the world and, unseen, the session that `SEEN` reads."""
SAME_FILE = written("out/one.csv", "one\n1\n", SEEN).write
"""Moves the world to where `MADE` moves it, and nothing else."""
MADE_UNSEEN = sql("CREATE TABLE made AS SELECT 2 AS one")
"""A statement that nobody recorded; it moves the session only."""
MISREAD = text("notes/nowhere.md")
"""A read that nobody recorded."""
SERVERS = tuple(sorted({call.server_id for pair in PAIRS for call in (pair.write, pair.read)}))
WRITERS = {(pair.write.server_id, pair.write.tool) for pair in PAIRS if pair.write.server_id != "motherduck"}
READERS = {(pair.read.server_id, pair.read.tool) for pair in PAIRS}
