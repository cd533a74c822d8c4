"""Writes the git repository: hashes and bytes repeat, because authors, dates and storage are all fixed."""

import io
import zlib
from collections.abc import Mapping
from datetime import datetime

from dulwich.index import IndexEntry, write_index_dict
from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tag, Tree
from dulwich.pack import SHA1Writer

from worlds.history import Branch, Change, History
from worlds.model import Company
from worlds.mount import Cell, Entity, Mount
from worlds.things import Employee

ROOT = "repo"
_FILE, _FOLDER = 0o100644, 0o040000
_LARGEST_STORED_BLOCK = 65535


class Repository:
    """A repository under construction: loose objects and refs, written straight into the mount."""

    def __init__(self, mount: Mount, main: str) -> None:
        self._mount = mount
        self._main = main
        self.head: ObjectID | None = None
        self.files: dict[str, str] = {}

    def commit(self, change: Change, branch: str = "") -> ObjectID:
        """Add a commit on top of the main branch; without a `branch`, the main branch moves on to it."""
        files = {**self.files, **change.files}
        commit = Commit()
        commit.tree = self._tree(files)
        commit.parents = [self.head] if self.head else []
        commit.author = commit.committer = _signature(change.author)
        commit.author_time = commit.commit_time = int(change.moment.timestamp())
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = f"{change.message}\n".encode()
        self._store(commit)
        if branch:
            self._mount.write(f"{ROOT}/.git/refs/heads/{branch}", f"{commit.id.decode()}\n")
        else:
            self.head, self.files = commit.id, files
        return commit.id

    def tag(self, name: str, target: ObjectID, author: Employee, moment: datetime) -> None:
        """Add an annotated tag."""
        tag = Tag()
        tag.name, tag.object = name.encode(), (Commit, target)
        tag.tagger, tag.tag_time, tag.tag_timezone = _signature(author), int(moment.timestamp()), 0
        tag.message = f"Rules as of {moment:%d %B %Y}\n".encode()
        self._store(tag)
        self._mount.write(f"{ROOT}/.git/refs/tags/{name}", f"{tag.id.decode()}\n")

    def finish(self, user: Employee) -> None:
        """Write the head, the settings, the index and the files of the main branch."""
        if self.head is None:
            raise ValueError("a repository needs a commit")
        self._mount.write(f"{ROOT}/.git/HEAD", f"ref: refs/heads/{self._main}\n")
        self._mount.write(f"{ROOT}/.git/refs/heads/{self._main}", f"{self.head.decode()}\n")
        self._mount.write(f"{ROOT}/.git/config", _settings(user))
        self._mount.write(f"{ROOT}/.git/index", _index(self.files))
        for path, text in self.files.items():
            self._mount.write(f"{ROOT}/{path}", text)

    def _tree(self, files: Mapping[str, str]) -> ObjectID:
        tree, folders = Tree(), dict[str, dict[str, str]]()
        for path, text in files.items():
            name, _, rest = path.partition("/")
            if rest:
                folders.setdefault(name, {})[rest] = text
                continue
            blob = Blob.from_string(text.encode())
            self._store(blob)
            tree.add(name.encode(), _FILE, blob.id)
        for name, inner in folders.items():
            tree.add(name.encode(), _FOLDER, self._tree(inner))
        self._store(tree)
        return tree.id

    def _store(self, thing: ShaFile) -> None:
        name = thing.id.decode()
        path = f"{ROOT}/.git/objects/{name[:2]}/{name[2:]}"
        if path not in self._mount.files:
            header = thing.type_name + f" {thing.raw_length()}".encode() + b"\0"
            self._mount.write(path, _uncompressed(header + thing.as_raw_string()))


def write_repository(mount: Mount, company: Company, history: History, main: str) -> None:
    """Write the repository that a history tells of."""
    repository = Repository(mount, main)
    for change in history.changes:
        commit = repository.commit(change)
        _state(mount, commit, change)
        if change.tag:
            repository.tag(change.tag, commit, change.author, change.moment)
            mount.state(Entity("tag", change.tag), "commit", commit.decode(), ROOT, {"tag": change.tag})
    for branch in history.branches:
        commit = repository.commit(branch.change, branch.name)
        _state(mount, commit, branch.change)
        _state_branch(mount, branch, commit)
    repository.finish(company.lead("stock"))
    code = company.book.labels("code")
    for supplier, days in history.lead_times.items():
        path = f"{ROOT}/{history.package}/{code['lead_times']}.py"
        place = {"symbol": code["LEAD_TIME_DAYS"], "key": supplier}
        mount.state(Entity("supplier", supplier), "lead_time:days", days, path, place)
    for sku, minutes in company.handling.items():
        path = f"{ROOT}/{history.package}/{code['handling']}.py"
        place = {"symbol": code["HANDLING_MINUTES"], "key": sku}
        mount.state(Entity("product", sku), "handling:minutes", minutes, path, place)
    _state_rules(mount, company, history.package)


def _state(mount: Mount, commit: ObjectID, change: Change) -> None:
    entity, name = Entity("commit", commit.decode()), commit.decode()
    facts: dict[str, Cell] = {"message": change.message, "author": change.author.name, "moment": change.moment}
    for attribute, value in facts.items():
        mount.state(entity, attribute, value, ROOT, {"commit": name, "field": attribute})


def _state_branch(mount: Mount, branch: Branch, commit: ObjectID) -> None:
    entity = Entity("branch", branch.name)
    mount.state(entity, "commit", commit.decode(), ROOT, {"branch": branch.name})
    place = {"branch": branch.name, "path": branch.path, "symbol": branch.symbol}
    mount.state(entity, branch.symbol.lower(), branch.value, ROOT, place)


def _state_rules(mount: Mount, company: Company, package: str) -> None:
    homes = {
        "pricing": ("discount_cap", "bulk_threshold"),
        "inventory": ("reorder_factor",),
        "shipping": ("free_shipping_from",),
        "refunds": ("return_window_days", "restocking_fee_percent"),
    }
    for module, names in homes.items():
        for name in names:
            place = {"symbol": company.book.at(f"code.{name.upper()}")}
            path = f"{ROOT}/{package}/{company.book.at(f'code.{module}')}.py"
            mount.state(Entity("rule", name), "value", getattr(company.rules, name), path, place)


def _signature(person: Employee) -> bytes:
    return f"{person.name} <{person.email}>".encode()


def _settings(user: Employee) -> str:
    core = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n"
    return f"{core}[user]\n\tname = {user.name}\n\temail = {user.email}\n"


def _index(files: Mapping[str, str]) -> bytes:
    entries = {}
    for path in sorted(files):
        content = files[path].encode()
        # No times and no inodes: they are the machine's, and git looks at the content where they differ.
        entries[path.encode()] = IndexEntry(
            ctime=0,
            mtime=0,
            dev=0,
            ino=0,
            mode=_FILE,
            uid=0,
            gid=0,
            size=len(content),
            sha=Blob.from_string(content).id,
        )
    out = io.BytesIO()
    writer = SHA1Writer(out)
    write_index_dict(writer, entries, version=2)
    writer.write_sha()
    return out.getvalue()


def _uncompressed(data: bytes) -> bytes:
    """Return a zlib stream of stored blocks, written by hand because libraries cut the blocks differently."""
    blocks = [data[start : start + _LARGEST_STORED_BLOCK] for start in range(0, len(data), _LARGEST_STORED_BLOCK)] or [
        b""
    ]
    stream = b"\x78\x01"
    for number, block in enumerate(blocks, start=1):
        size = len(block)
        stream += (
            bytes([number == len(blocks)]) + size.to_bytes(2, "little") + (size ^ 0xFFFF).to_bytes(2, "little") + block
        )
    return stream + zlib.adler32(data).to_bytes(4, "big")
