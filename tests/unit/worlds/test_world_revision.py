import json

import pytest

from shared.model.errors import BadInput
from worlds import TooLittle, build, builder, rebuild, support
from worlds.composing import compose
from worlds.supporting import Support

pytestmark = pytest.mark.unit


def _digest(folder):
    return json.loads((folder / "manifest.json").read_text())["world_digest"]


def _poor_until(revision):
    """A test of worlds that the first drawings do not pass."""
    seen = []

    def judged(files):
        seen.append(files)
        return Support(3, 3, 30, 9, 90) if len(seen) > revision else Support(3, 3, 5, 9, 90)

    return judged


def test_a_world_that_supports_too_little_is_drawn_again_and_says_so(tmp_path, monkeypatch):
    first = build(3, 1, tmp_path / "first")
    monkeypatch.setattr(builder, "support", _poor_until(2))
    again = build(3, 1, tmp_path / "again")
    assert json.loads((again / "manifest.json").read_text())["revision"] == 2
    assert _digest(again) != _digest(first)
    assert _digest(rebuild(again / "manifest.json", tmp_path / "rebuilt")) == _digest(again)


def test_a_seed_whose_drawings_all_support_too_little_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(builder, "support", _poor_until(99))
    with pytest.raises(TooLittle, match="drawn 4 times.* 5 things that both a table and a document name"):
        build(3, 1, tmp_path / "world")
    assert not (tmp_path / "world").exists()


def test_a_world_without_documents_or_without_lists_supports_too_little():
    _, mount = compose(3, 1)
    whole = support(mount.files)
    assert not whole.missing
    dumb = {path: text for path, text in mount.files.items() if not path.endswith((".md", ".docx", ".html"))}
    assert "beside such a name" in support(dumb).missing or "both a table and a document" in support(dumb).missing
    bare = {path: text for path, text in mount.files.items() if not path.endswith((".csv", ".json", ".db", ".xlsx"))}
    assert support(bare).missing


def test_a_manifest_builds_the_same_bytes(tmp_path):
    first = build(8, 1, tmp_path / "first", "law")
    again = rebuild(first / "manifest.json", tmp_path / "again")
    assert (again / "manifest.json").read_bytes() == (first / "manifest.json").read_bytes()
    assert (again / "entities.json").read_bytes() == (first / "entities.json").read_bytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": "1"}, "is of version '1'"),
        ({"world_digest": "0" * 64}, "it was edited"),
        ({"trade": "piracy"}, "--trade piracy does not exist"),
        ({"size": 9}, "from 1 to 5"),
        ({"revision": None}, "names no seed, size, trade and revision"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused(tmp_path, change, said):
    manifest = {"seed": 8, "size": 1, "trade": "law", "revision": 0, "version": builder.VERSION, "world_digest": ""}
    (tmp_path / "manifest.json").write_text(json.dumps({**manifest, **change}))
    with pytest.raises(BadInput, match=said):
        rebuild(tmp_path / "manifest.json", tmp_path / "world")


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_file_that_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BadInput, match="give the manifest.json of a world"):
        rebuild(tmp_path / "manifest.json", tmp_path / "world")
