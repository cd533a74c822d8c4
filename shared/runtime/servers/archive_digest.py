"""A zip archive without the times its entries carry, so that writing the same workbook twice makes one world.

Office documents are such archives, and a library that packs temporary files stamps their file times into them, which
are the machine's even where the clock is frozen.
"""

import hashlib
import struct
from collections.abc import Iterator

SIGNATURE = b"PK\x03\x04"
MOST_BYTES = 64 * 1024 * 1024
"""A larger file counts as plain bytes."""
_CENTRAL, _END = b"PK\x01\x02", b"PK\x05\x06"
_CENTRAL_BYTES = 46
_TIME = bytes(4)


def archive_digest(data: bytes) -> str:
    """Digest everything but the entries' times; what cannot be read as an archive counts as plain bytes."""
    timeless = bytearray(data)
    try:
        for position in _times(data):
            timeless[position : position + len(_TIME)] = _TIME
    except (struct.error, ValueError):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha256(timeless).hexdigest()


def _times(data: bytes) -> Iterator[int]:
    """Yield where times stand: in each entry's row of the directory, and in front of its bytes."""
    # From the end: the bytes of an entry may hold the mark too.
    end = data.rindex(_END)
    count, _, position = struct.unpack_from("<HII", data, end + 10)
    for _ in range(count):
        _expect(data, position, _CENTRAL)
        yield position + 12
        name, extra, comment = struct.unpack_from("<HHH", data, position + 28)
        (local,) = struct.unpack_from("<I", data, position + 42)
        _expect(data, local, SIGNATURE)
        yield local + 10
        position += _CENTRAL_BYTES + name + extra + comment


def _expect(data: bytes, position: int, signature: bytes) -> None:
    if data[position : position + len(signature)] != signature:
        raise ValueError("no archive that this version knows")
