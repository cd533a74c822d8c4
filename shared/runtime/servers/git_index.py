"""A git index without its stat data, so that two copies of one repository have one digest."""

import hashlib
import struct
from collections.abc import Iterator

_STAT_BYTES = 40
"""ctime, mtime, dev, ino, mode, uid, gid, size: ten 32-bit numbers, of which only mode is content."""
_SHA_BYTES = 20
_FLAGS_BYTES = 2
_COMPRESSED_PATHS = 4
"""From this version on a path is written as its difference to the one before, without padding."""
_EXTENDED = 0x4000
_KEPT_FLAGS = 0xB000
"""assume-valid and the two stage bits; the rest is the path's length and the version-3 marker."""


def index_digest(data: bytes) -> str:
    """Digest (mode, object, flags, path) of each entry; an index that cannot be read counts as plain bytes."""
    digest = hashlib.sha256()
    try:
        for mode, sha, flags, path in _entries(data):
            digest.update(b"%o %s %x %s\0" % (mode, sha.hex().encode(), flags, path))
    except (struct.error, ValueError, IndexError):
        return hashlib.sha256(data).hexdigest()
    return digest.hexdigest()


def _entries(data: bytes) -> Iterator[tuple[int, bytes, int, bytes]]:
    signature, version, count = struct.unpack_from(">4sII", data)
    # Anything newer counts as plain bytes: a wrong guess would make two worlds out of one, or one out of two.
    if signature != b"DIRC" or version not in (2, 3, _COMPRESSED_PATHS):
        raise ValueError("not an index that this version knows")
    position, path = 12, b""
    for _ in range(count):
        start = position
        (mode,) = struct.unpack_from(">I", data, start + 24)
        position += _STAT_BYTES
        sha = data[position : position + _SHA_BYTES]
        position += _SHA_BYTES
        (flags,) = struct.unpack_from(">H", data, position)
        position += _FLAGS_BYTES
        extended = 0
        if flags & _EXTENDED:
            (extended,) = struct.unpack_from(">H", data, position)
            position += _FLAGS_BYTES
        path, position = _path(data, position, path, version)
        if version < _COMPRESSED_PATHS:
            # Entries are padded with NULs to a multiple of eight, counted from their own start.
            position = start + (position - start + 7) // 8 * 8
        yield mode, sha, (flags & _KEPT_FLAGS) << 16 | extended, path


def _path(data: bytes, position: int, previous: bytes, version: int) -> tuple[bytes, int]:
    kept = b""
    if version >= _COMPRESSED_PATHS:
        dropped, position = _variable_length(data, position)
        kept = previous[: len(previous) - dropped]
    end = data.index(b"\0", position)
    return kept + data[position:end], end + 1


def _variable_length(data: bytes, position: int) -> tuple[int, int]:
    value = data[position] & 0x7F
    while data[position] & 0x80:
        position += 1
        # Git's offset encoding: each continuation adds one, so that no number has two spellings.
        value = (value + 1) << 7 | data[position] & 0x7F
    return value, position + 1
