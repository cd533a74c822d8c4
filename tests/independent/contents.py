"""Section 10 of `docs/evidence.md`: what a file says, and how two worlds differ."""

import hashlib
import io
import zipfile

MOST = 64 * 2**20


def content_digest(data):
    said = None
    if len(data) <= MOST:
        said = packed(data) if data[:4] == b"PK\x03\x04" else None
        said = lines(data) if said is None else said
    return hashlib.sha256(data if said is None else said).hexdigest()


def lines(data):
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if "\0" in text:
        return None
    kept = [line.rstrip(" \t\v\f") for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    while kept and not kept[-1]:
        kept.pop()
    return "\n".join(kept).encode()


def packed(data):
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        found = {one.filename: one for one in archive.infolist() if not one.filename.endswith("/")}
        if sum(one.file_size for one in found.values()) > MOST:
            return None
        rows = [(name, hashlib.sha256(archive.read(one)).hexdigest()) for name, one in sorted(found.items())]
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, EOFError):
        return None
    return "\n".join(f"{sha} {name}" for name, sha in rows if not name.startswith("docProps/")).encode()


def difference(before, after):
    kinds = {path: kind(before.get(path), after.get(path)) for path in {*before, *after}}
    found = []
    for path in sorted(path for path in kinds if kinds[path]):
        mode, sha = (after if path in after else before)[path]
        inside = any(other.startswith(path + "/") and kinds[other] == kinds[path] for other in kinds)
        if mode != "dir" or not inside:
            found.append({"path": path, "kind": kinds[path], "sha256": sha if path in after else ""})
    return found


def kind(before, after):
    if before == after:
        return ""
    return "created" if before is None else "deleted" if after is None else "changed"
