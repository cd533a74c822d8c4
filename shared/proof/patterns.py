"""Shapes of values and words of keys that `kinds` decides by; data more than code."""

import re

from shared.model.values import ValueKind

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.?"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*\.?,?"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?"
_ZONE = r"(?:\s?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"

SHAPES: tuple[tuple[ValueKind, re.Pattern[str]], ...] = (
    (ValueKind.URL, re.compile(r"[a-z][a-z0-9+.-]{1,15}://\S{1,2000}", re.I)),
    (ValueKind.EMAIL, re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")),
    (ValueKind.DATE, re.compile(rf"\d{{4}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[T ]{_CLOCK}{_ZONE})?")),
    (ValueKind.DATE, re.compile(rf"\d{{4}}/\d{{1,2}}/\d{{1,2}}(?: {_CLOCK})?")),
    (ValueKind.DATE, re.compile(rf"\d{{1,2}}[./]\d{{1,2}}[./]\d{{4}}(?: {_CLOCK})?")),
    (
        ValueKind.DATE,
        re.compile(rf"(?:{_DAY} )?\d{{1,2}}(?:st|nd|rd|th)?[ -]{_MONTH},?[ -]\d{{4}}(?:,? {_CLOCK}{_ZONE})?"),
    ),
    (ValueKind.DATE, re.compile(rf"(?:{_DAY} )?{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?: {_CLOCK})?,? \d{{4}}{_ZONE}")),
    (ValueKind.TIME, re.compile(rf"{_CLOCK}(?:\s?[ap]\.?m\.?)?{_ZONE}", re.I)),
    (ValueKind.HASH, re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})")),
    (ValueKind.CELL_RANGE, re.compile(r"(?:[\w' -]{1,40}!)?\$?[A-Z]{1,3}\$?[1-9]\d{0,6}:\$?[A-Z]{1,3}\$?[1-9]\d{0,6}")),
    (ValueKind.CELL, re.compile(r"[\w' -]{1,40}!\$?[A-Z]{1,3}\$?[1-9]\d{0,6}|\$[A-Z]{1,3}\$[1-9]\d{0,6}")),
    (ValueKind.IDENTIFIER, re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)),
)

# Git abbreviates to seven digits at least; only a key tells such a text from a word.
SHORT_HASH = re.compile(r"[0-9a-f]{7,64}")
CELL = re.compile(r"[A-Z]{1,3}[1-9]\d{0,6}")
# Q1 to H4 are quarters and halves of a year, unless a key says cell.
PLAIN_CELL = re.compile(r"(?![QH][1-4]$)[A-Z]{1,2}[1-9]\d{0,4}")
QUARTER = re.compile(r"[QH][1-4]")
CODE = re.compile(
    r"(?=.{3,40}$)(?=.*\d)(?:[A-Z][A-Z0-9]*(?:[-_/#.][A-Z0-9]+)*|[a-z]{1,12}(?:-[a-z0-9]*\d[a-z0-9]*)+|[A-Za-z]{1,10}[-#]\d{1,12}|#\d{1,9})"
)
"""`SKU-2217`, `PO-2026-017`, `INV_0042`, `ticket-12`, `#481`."""
TOKEN = re.compile(r"[\w./#:-]{1,40}")
LABEL = re.compile(r"[^\n\t|;{}<>]{1,64}")
WORD = re.compile(r"[A-Za-z_]\w{0,63}")
SYMBOL = re.compile(
    r"(?=.{3,80}$)(?:[a-z_]\w*\(\)|_*[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+"
    r"|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Za-z_]\w*(?:(?:\.|::)[A-Za-z_]\w*)+(?:\(\))?)"
)
"""`needs_reorder`, `unitPrice`, `OrderLine`, `MAX_SIZE`, `pricing.discount`."""

_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'\u2019.-]*"
_PARTICLE = r"(?:de|da|del|der|den|di|du|la|le|van|von|zu|of|and|the|for|&|y|e|al|bin|ibn)"
NAME = re.compile(rf"{_CAPITAL}(?: (?:{_PARTICLE} ){{0,2}}{_CAPITAL},?){{1,3}}(?: [IVX]+)?")
ONE_NAME = re.compile(r"[\wÀ-ÿ][\wÀ-ÿ'\u2019.&-]*(?: [\wÀ-ÿ'\u2019.&()-]+){0,5}")

PATH_LENGTH = 260
PATH = re.compile(
    r"(?:[A-Za-z]:[\\/]|~/|\.{1,2}/|/)?"
    r"[^\s\[\]/\\:*?\"<>|,;()=]+(?:[ ][^\s/\\:*?\"<>|,;()=]+){0,4}"
    r"(?:[\\/][^/\\:*?\"<>|\n]+)*/?"
)
ROOTED = re.compile(r"(?:~|\.{1,2})?(?:/[^\s/\\:*?\"<>|,;()=\[\]]+)+/?|/|\.{1,2}")
EXTENSION_TEXT = """
    avif bat bib bmp bz2 c cc cfg cjs conf cpp cs css csv db dart doc docx duckdb eml env epub fish gif go gpx gz h
    hpp html htm ics ini ipynb java jpeg jpg js json jsonl jsx kt less lock log lua m4a md mdx mjs mov mp3 mp4 ndjson
    odp ods odt ofn owl parquet pdf php pkl pl png pps ppt pptx proto ps1 py pyi r rb rs rst rtf sass scala scss sh
    sql sqlite sqlite3 svg swift tar tex tgz tif tiff toml ts tsv tsx txt vcf vue wav webm webp xhtml xls xlsm xlsx
    xml yaml yml zim zip
    """
EXTENSIONS = frozenset(EXTENSION_TEXT.split())


def has_extension(text: str) -> bool:
    """Tell whether a one-line text ends in a file extension of the closed list, and no earlier word does."""
    stem, dot, extension = text.rpartition(".")
    if not (dot and stem) or stem[-1:] in " /" or extension.lower() not in EXTENSIONS:
        return False
    return not any(has_extension(word.rstrip(",;:")) for word in text.split(" ")[:-1])


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


IDENTIFIER_HINTS = _set(
    "id ids sku code ref reference uuid guid key slug isin isbn ean upc barcode ticket invoice serial branch tag"
)
ZONE_HINTS = _set("timezone tz zone tzname")
HASH_HINTS = _set("commit hash sha sha1 sha256 digest rev revision checksum oid md5 parent parents")
UNIT_HINTS = _set("unit units uom measure")
CURRENCY_HINTS = _set("currency curr ccy")
CELL_HINTS = _set(
    "cell cells address coordinate coordinates anchor start end location position ref reference top left from to"
)
PATH_HINTS = _set(
    "path paths file files filename filepath dir directory folder root source src dest destination uri output"
)
SYMBOL_HINTS = _set(
    "symbol symbols function functions method methods variable variables module identifier callee caller"
)
ENUM_HINTS = _set("status type category kind state priority level severity role mode region stage grade phase channel")
NAME_HINTS = _set(
    """name author supplier customer owner employee contact manager company vendor city country product client buyer
    seller assignee person people user attendee organizer artist place site warehouse location brand item team
    department"""
)
PROSE_HINTS = _set(
    "description text content body message summary note notes comment comments details prompt query sql title"
)
NAMING_WORDS = _set("name names title id")
LAST_WORD_KINDS: tuple[tuple[ValueKind, frozenset[str]], ...] = (
    (ValueKind.SHEET, _set("sheet sheets worksheet worksheets sheetname")),
    (ValueKind.TABLE, _set("table tables tablename")),
    (ValueKind.COLUMN, _set("column columns columnname header headers")),
)
