"""Office packages (xlsx, docx) read as what they are: XML parts in a ZIP archive, bounded in size."""

import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

from services.verifier.domain.evaluating.world import Unread

MOST_BYTES = 64 * 1024 * 1024
"""Of all parts together, unpacked."""


class Package:
    """The parts of one file; raises Unread when it is no package or too large."""

    def __init__(self, path: Path) -> None:
        try:
            with zipfile.ZipFile(path) as archive:
                # Before anything is unpacked: the directory of the archive says what it will come to.
                if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                    raise Unread(f"{path.name} unpacks to too much")
                self._parts = {part.filename: archive.read(part) for part in archive.infolist() if _is_xml(part)}
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise Unread(f"{path.name} is no office package: {error}") from error
        self._name = path.name

    def part(self, name: str) -> ET.Element | None:
        """Root element of a part; None when there is no such part."""
        content = self._parts.get(name.lstrip("/"))
        if content is None:
            return None
        if b"<!DOCTYPE" in content[:1024]:
            raise Unread(f"{self._name}, {name}: no office program writes a document type")
        try:
            return ET.fromstring(content)  # bounded, and without document type there are no entities
        except ET.ParseError as error:
            raise Unread(f"{self._name}, {name}: {error}") from error


def local(element: ET.Element) -> str:
    """Name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def attribute(element: ET.Element, name: str) -> str:
    """An attribute whatever its namespace; empty when there is none."""
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _is_xml(part: zipfile.ZipInfo) -> bool:
    return part.filename.endswith((".xml", ".rels"))
