"""What a live copy of a world says of its difference from the world."""

import io
import zipfile

from shared.proof.canonical import parse_canonical
from shared.proof.end_state import content_digest
from shared.runtime.servers.live_world import LiveWorld
from shared.runtime.servers.world_store import WorldStore


def packed(text, year):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.xml", (year, 1, 1, 0, 0, 0)), text)
    return data.getvalue()


async def live(tmp_path):
    files = tmp_path / "files"
    (files / "sales").mkdir(parents=True)
    (files / "sales" / "note.md").write_text("Price: 4\n", encoding="utf-8")
    (files / "sales" / "old.md").write_text("Old\n", encoding="utf-8")
    (files / "book.xlsx").write_bytes(packed("<a/>", 2026))
    store = WorldStore(tmp_path / "worlds")
    world = LiveWorld(store, store.add(files), tmp_path / "live")
    await world.restore()
    return world


def paths(world):
    world.look()
    found = parse_canonical(world.change())
    assert found["from"] == world.world_digest
    return found["paths"]


async def test_untouched_copy_differs_in_nothing(tmp_path):
    assert paths(await live(tmp_path)) == []


async def test_what_differs_in_bytes_alone_does_not_differ(tmp_path):
    world = await live(tmp_path)
    (world.folder / "sales" / "note.md").write_bytes(b"Price: 4  \r\n\r\n")
    (world.folder / "book.xlsx").write_bytes(packed("<a/>", 2031))
    assert world.look() != world.world_digest
    assert paths(world) == []


async def test_written_moved_and_made_files_are_named_with_what_they_say(tmp_path):
    world = await live(tmp_path)
    (world.folder / "sales" / "note.md").write_text("Price: 5", encoding="utf-8")
    (world.folder / "archive").mkdir()
    (world.folder / "sales" / "old.md").rename(world.folder / "archive" / "old.md")
    (world.folder / "book.xlsx").write_bytes(packed("<b/>", 2026))
    assert paths(world) == [
        {"path": "archive/old.md", "kind": "created", "sha256": content_digest(b"Old")},
        {"path": "book.xlsx", "kind": "changed", "sha256": content_digest(packed("<b/>", 1999))},
        {"path": "sales/note.md", "kind": "changed", "sha256": content_digest(b"Price: 5\n")},
        {"path": "sales/old.md", "kind": "deleted", "sha256": ""},
    ]
