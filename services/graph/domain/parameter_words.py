"""Words of parameter names and descriptions, and the kinds they mean; data more than code."""

import re

from shared.model.values import ValueKind


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


HEADS: tuple[tuple[ValueKind, frozenset[str]], ...] = (
    (
        ValueKind.PATH,
        _set("path paths file files filename filenames filepath filepaths directory dir folder dirname root"),
    ),
    (ValueKind.TIME_ZONE, _set("timezone tz zone tzname timezones")),
    (ValueKind.SHEET, _set("sheet sheets worksheet worksheets sheetname")),
    (ValueKind.CELL, _set("cell cells address coordinate")),
    (ValueKind.CELL_RANGE, _set("range ranges cellrange")),
    (ValueKind.TABLE, _set("table tables tablename dataset")),
    (ValueKind.COLUMN, _set("column columns col field fields header headers")),
    (ValueKind.UNIT, _set("unit units uom")),
    (ValueKind.CURRENCY, _set("currency ccy")),
    (ValueKind.HASH, _set("commit commits hash sha revision rev oid checksum digest ref")),
    (ValueKind.DATE, _set("date dates day since until datetime timestamp deadline due birthday")),
    (ValueKind.TIME, _set("time clock")),
    (ValueKind.EMAIL, _set("email emails mail recipient recipients cc bcc")),
    (ValueKind.URL, _set("url urls uri uris link href endpoint website")),
    (ValueKind.SYMBOL, _set("symbol symbols function method class identifier")),
    (
        ValueKind.IDENTIFIER,
        _set(
            """id ids uuid guid sku code key slug number branch tag project repo repository workspace session ticket
            issue isbn handle token ticker database schema bucket namespace account"""
        ),
    ),
    (
        ValueKind.NAME,
        _set(
            """name names author person user users username owner entity entities supplier customer company product
            city country location place region street artist team member"""
        ),
    ),
)
"""By the last word of a name, `_name`, `_id` and the like taken off where something is left; first match wins."""

TAILS = _set("name names id ids string str value list array arg param input")
"""Last words that say less than the word before them, when it has a kind of its own."""

NOUNS: tuple[tuple[ValueKind, re.Pattern[str]], ...] = (
    (ValueKind.TIME_ZONE, re.compile(r"\b(?:iana|time ?zones?)\b", re.I)),
    (ValueKind.CELL_RANGE, re.compile(r"\b(?:cell range|range of cells|a1:[a-z]\d)", re.I)),
    (ValueKind.SHEET, re.compile(r"\b(?:work)?sheet(?:'s)? name|name of (?:the )?(?:work)?sheet\b", re.I)),
    (
        ValueKind.CELL,
        re.compile(r"\b(?:cell (?:reference|address|coordinate)|(?:starting|top-left|target) cell)\b", re.I),
    ),
    (ValueKind.PATH, re.compile(r"\b(?:file ?path|path (?:to|of)|file ?name|director(?:y|ies)|folder)\b", re.I)),
    (ValueKind.HASH, re.compile(r"\bcommits?\b|\brevision\b|\bbranch(?:es)?\b", re.I)),
    (ValueKind.EMAIL, re.compile(r"\be-?mail address(?:es)?\b", re.I)),
    (ValueKind.URL, re.compile(r"\bur[li]s?\b", re.I)),
    (ValueKind.DATE, re.compile(r"\b(?:yyyy-mm-dd|iso ?-?8601|date)\b", re.I)),
    (ValueKind.SYMBOL, re.compile(r"\b(?:function|class|method|symbol) name\b", re.I)),
    (ValueKind.IDENTIFIER, re.compile(r"\b(?:unique )?(?:identifier|id) of\b", re.I)),
    (
        ValueKind.NAME,
        re.compile(r"\bname of (?:the|a|an) (?:person|company|product|customer|supplier|entity|city)\b", re.I),
    ),
)
"""By the description, where the name says nothing."""

FORMATS = {
    "date": ValueKind.DATE,
    "date-time": ValueKind.DATE,
    "time": ValueKind.TIME,
    "email": ValueKind.EMAIL,
    "uri": ValueKind.URL,
    "url": ValueKind.URL,
    "uuid": ValueKind.IDENTIFIER,
}

LANGUAGES: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...] = (
    ("sql", _set("sql query statement select"), re.compile(r"\bSQL\b|\bSELECT\b")),
    ("formula", _set("formula formulas"), re.compile(r"\bformula\b", re.I)),
    ("glob", _set("glob pattern patterns exclude include"), re.compile(r"\bglob\b|\*\*/", re.I)),
    ("regex", _set("regex pattern regexp"), re.compile(r"\bregex(?:p|es)?\b|regular expression", re.I)),
    ("syntax_query", _set("query"), re.compile(r"tree-sitter|s-expression|\bAST query\b", re.I)),
    ("expression", _set("expression expressions expr equation"), re.compile(r"\b(?:math|arithmetic|expression)", re.I)),
    ("code", _set("code script snippet source_code"), re.compile(r"\b(?:code|script|snippet)\b", re.I)),
    ("command", _set("command cmd"), re.compile(r"\bcommand\b", re.I)),
    ("markdown", _set("markdown md"), re.compile(r"\bmarkdown\b", re.I)),
    ("html", _set("html"), re.compile(r"\bHTML\b")),
    ("json", _set("json"), re.compile(r"\bJSON (?:string|text|object|array)\b")),
    ("color", _set("color colour colors rgb hex"), re.compile(r"\bcolou?r\b|\bhex\b", re.I)),
)
"""Language, words of a name that can mean it, and what name, description or tool must say."""

ALWAYS_LANGUAGE = _set("sql formula regex regexp expression expr markdown html json glob color colour")
"""Words of a name that need no further saying."""

SEARCH = _set("query search q keyword keywords term terms find needle phrase pattern search_text")
"""A text to look for, when it is in no language and the tool looks for something."""

SEARCHING = re.compile(r"\b(?:search|find|look|grep|match|filter|retrieve|replace|locate|discover)", re.I)

FILE_URI = re.compile(r"\bfile:")

VAGUE = _set("source destination src dst dest target input output from to")
"""Names that say a direction only; then the tool's description says of what."""

STEERING = _set("format style mode type color colour template operation language pattern separator delimiter encoding")
"""Texts that steer a call; nouns in their descriptions are not their kind."""

CONTROL = _set(
    """limit max min maximum minimum offset page index depth timeout width height size color count lines level
    context seed threshold decimals precision digits format encoding mode verbose recursive skip retries batch font
    indent head tail rows cols row_count column_count opacity radius zoom length step interval port start end
    axis order periods bound left right top bottom padding margin row col column"""
)
"""Numbers that steer a call rather than say something about the world."""

GENERIC = _set("name names value values data text result results title id ids key keys type number item items")
"""Words by which a key and a parameter agree only within one server."""

NUMERIC_INPUT = _set("value values data number numbers array series x y a b amount input operands quantity")
"""Numbers that a computation takes, whatever they measure."""

MONEY_INPUT = _set("principal payment price cost total income expense salary budget revenue")
DIRECTORY = _set("directory dir folder root repo repository project workspace dirname")
CREATE = _set("register create add open load init initialize import connect start new make define enable setup")
EXTENSION_HINTS: tuple[tuple[frozenset[str], re.Pattern[str]], ...] = (
    (_set("xlsx xlsm"), re.compile(r"\bexcel\b|\.xls|\bworkbook\b|\bspreadsheet\b", re.I)),
    (_set("docx"), re.compile(r"\bword\b|\.docx", re.I)),
    (_set("csv tsv"), re.compile(r"\.csv\b|\bcsv file", re.I)),
    (_set("db sqlite sqlite3 duckdb"), re.compile(r"\bsqlite|\bduckdb|\bdatabase file|\.db\b", re.I)),
    (_set("pdf"), re.compile(r"\.pdf\b|\bpdf file", re.I)),
    (_set("png jpg jpeg gif webp bmp svg"), re.compile(r"\bimage (?:file|path)|\.png\b|\.jpe?g\b", re.I)),
)
