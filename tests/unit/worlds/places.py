"""Reads what stands at a place of the entity index, with a reader per format that shares nothing with the builder."""

import ast
import csv
import html.parser
import json
import re
import sqlite3
from functools import cache
from pathlib import Path

import docx
import openpyxl
from dulwich.objects import Commit, Tag
from dulwich.repo import Repo


def read_place(files: Path, place: dict) -> str:
    """Return the text at a place; a place that does not exist raises."""
    path = files / place["file"]
    if path.is_dir():
        return _git(path, place)
    readers = {
        ".csv": _csv, ".json": _json, ".xlsx": _xlsx, ".docx": _docx, ".html": _html, ".db": _sqlite, ".md": _md,
        ".py": _py, ".log": _log,
    }  # fmt: skip
    return readers[path.suffix](path, place)


def _csv(path, place):
    return _rows(path)[place["row"]][place["column"]]


@cache
def _rows(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@cache
def _parsed(path):
    return json.loads(path.read_text(encoding="utf-8"), parse_float=str, parse_int=str)


def _json(path, place):
    value = _parsed(path)
    for step in place["pointer"].split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


@cache
def _book(path):
    return openpyxl.load_workbook(path)


def _xlsx(path, place):
    return str(_book(path)[place["sheet"]][place["cell"]].value)


@cache
def _document(path):
    document = docx.Document(str(path))
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    return document.core_properties, tables


def _docx(path, place):
    properties, tables = _document(path)
    if "property" in place:
        return getattr(properties, place["property"])
    return tables[place["table"]][place["row"]][place["column"]]


class _Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.cells, self.terms, self._tag, self._term = [], {}, "", ""

    def handle_starttag(self, tag, attrs):
        self._tag = tag

    def handle_endtag(self, tag):
        self._tag = ""

    def handle_data(self, data):
        if self._tag in ("th", "td"):
            self.cells.append(data)
        elif self._tag == "dt":
            self._term = data
        elif self._tag == "dd":
            self.terms[self._term] = data


def _html(path, place):
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page.terms[place["term"]] if "term" in place else page.cells[2 * place["row"] + place["column"]]


@cache
def _connection(path):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = {}
    for table in tables:
        cursor = connection.execute(f"SELECT rowid, * FROM {table}")
        names = [column[0] for column in cursor.description]
        found[table] = {row[0]: dict(zip(names, row, strict=True)) for row in cursor}
    connection.close()
    return found


def _sqlite(path, place):
    return str(_connection(path)[place["table"]][place["rowid"]][place["column"]])


def _md(path, place):
    pattern = re.compile(rf"^(?:- |\*\*)?{re.escape(place['label'])}:(?:\*\*)? (.*?) *$", re.MULTILINE)
    (text,) = pattern.findall(path.read_text(encoding="utf-8"))
    return text


def _py(path, place):
    return _symbol(path.read_text(encoding="utf-8"), place)


def _symbol(source, place):
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == place["symbol"]:
            value = ast.literal_eval(node.value)
            return str(value[place["key"]] if "key" in place else value)
    raise KeyError(place["symbol"])


def _log(path, place):
    assert place["contains"] in path.read_text(encoding="utf-8").splitlines()
    return place["contains"]


def _git(path, place):
    with Repo(str(path)) as repo:
        if "tag" in place:
            tag = repo[f"refs/tags/{place['tag']}".encode()]
            assert isinstance(tag, Tag)
            return tag.object[1].decode()
        if "branch" in place:
            head = repo.refs[f"refs/heads/{place['branch']}".encode()]
            return _in_branch(repo, head, place) if "path" in place else head.decode()
        commit = repo[place["commit"].encode()]
        assert isinstance(commit, Commit)
        fields = {"message": commit.message.decode().strip(), "author": commit.author.decode().split(" <")[0]}
        return fields.get(place["field"]) or _moment(commit.commit_time)


def _in_branch(repo, head, place):
    tree = repo[repo[head].tree]
    _, blob = tree.lookup_path(repo.get_object, place["path"].encode())
    return _symbol(repo[blob].data.decode(), place)


def _moment(seconds):
    import datetime

    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
