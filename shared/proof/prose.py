"""Typed words inside sentences: codes, amounts, dates, times, addresses, hashes, files, names."""

import re
from collections.abc import Iterator

from shared.model.values import ValueKind
from shared.proof.kinds import classify
from shared.proof.patterns import EXTENSIONS

_LONGEST_LINE = 4000
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_NUMBER = r"[-+\u2212]?\d[\d,]*(?:\.\d+)?"
# Their order counts: where several fit at one place, the first is taken.
_CANDIDATE = re.compile(
    "|".join(
        (
            r"[a-z][a-z0-9+.-]{1,15}://[^\s)\]>\"']+[^\s)\]>\"'.,;:]",
            r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
            r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|\s?[+-]\d{2}:?\d{2})?)?",
            rf"\d{{1,2}} {_MONTH} \d{{4}}",
            rf"{_MONTH} \d{{1,2}},? \d{{4}}",
            r"\b\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\.?)?\b",
            r"\b[0-9a-f]{64}\b|\b[0-9a-f]{40}\b|\b[0-9a-f]{32}\b",
            rf"(?:US\$|[$€£¥₹₩])\s?{_NUMBER}",
            rf"{_NUMBER}\s?(?:%|°[CF]|[A-Za-z]{{1,12}}(?:/[a-z]{{1,4}})?)",
            r"\b[A-Z]{2,10}(?:[-_/]?[A-Z0-9]+)?[-_/]\d[\w-]*\b",
            # The longest first, or `.json` would be read as `.js`.
            rf"[\w./-]*\w\.(?:{'|'.join(sorted(EXTENSIONS, key=len, reverse=True))})\b",
            r"\b[A-Z][a-z]+(?:/[A-Z][A-Za-z_]+)+\b",
            r"\b[A-ZÀ-Þ][\w\u2019'-]+(?: (?:de|van|von|der|of|&) )?(?: ?[A-ZÀ-Þ][\w\u2019'-]+){1,3}",
            rf"(?<![\w.]){_NUMBER}(?![\w])",
        )
    )
)
_TAIL = ".,;:!?"


def prose_spans(line: str) -> Iterator[tuple[int, int]]:
    """List the character ranges of typed words in one line of prose, left to right, without overlap."""
    # Minified data in one line, not prose; the alternatives would be tried at every position.
    if len(line) > _LONGEST_LINE:
        return
    position = 0
    while match := _CANDIDATE.search(line, position):
        start, end = match.span()
        # Stops and commas at the end belong to the sentence.
        end -= len(match.group()) - len(match.group().rstrip(_TAIL))
        if classify(line[start:end])[0] is not ValueKind.FREE_TEXT:
            yield start, end
            position = end
        else:
            position = _after_number(line, start, end)
            if position > start and classify(line[start:position])[0] is ValueKind.NUMBER:
                yield start, position
        position = max(position, start + 1)


def _after_number(line: str, start: int, end: int) -> int:
    """End of the bare number at the start of a candidate that is no quantity (`4 of them`)."""
    number = re.match(_NUMBER, line[start:end])
    return start + number.end() if number else end
