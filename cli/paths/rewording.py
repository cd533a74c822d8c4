"""One question in many turns of phrase: brought into the few forms that the solvers read.

Only the prompt's own words are moved and replaced; what they mean is looked up in the world later.
"""

import re
from collections.abc import Callable, Sequence

_DOCUMENT = r"the supply agreement SA-\S+?|the “[^”]+” (?:meeting note|page)|the (?:storage conditions|stock plan) note"
_DOCUMENT += r"|the trip report \S+ note"
_ABOUT = "I am (?:going through|looking at)|Quick question about|This is about"
_PREFACE = re.compile(rf"^(?:{_ABOUT}) (?P<about>{_DOCUMENT})\. (?P<rest>.+)$", re.DOTALL)
_UNITS = "degrees Celsius|square feet|grams|kilograms|ounces"
_POINTING = r"(products?|goods|article|customer|suppliers?|site|sensor|traveller|owner)"
_OPENING = re.compile(
    r"^(?:what (?:is|are)|who is|can you (?:get me|look up|find out|work out|tell me)|"
    r"could you (?:tell me|give me|check)|i need(?: to know)?|i would like to know|"
    r"please (?:find|look up|tell me|work out|send me)|i am looking at|in the [a-z ]+ list,) ",
    re.I,
)
_PHRASES: Sequence[tuple[str, str]] = (
    (rf"\bthe {_POINTING} in (?={_DOCUMENT})", r"the \1 named in "),
    (r"\bthe customer who placed order", "the customer of order"),
    (r"(?<=” date )in the “", "given in the “"),
    # Two sentences about one thing become one.
    (r"(?:\. And|, and then:) (?=what do they|how many pounds)", ", and "),
    (r"^Please go through (the orders .+)\. Which one", r"Of \1, which one"),
    (r"^On the sheet (“[^”]+”) in (the .+? workbook),", r"Under \1 in \2,"),
    (r"^(?:Have a look at|Please check|For) order (\S+?)[.:,] [Ww]hat", r"For order \1, what"),
    (r"^Expressed in (\w+), what", r"In \1, what"),
    (rf"^How many ({_UNITS}) is (.+)$", r"In \1, what is \2"),
)
_IN_UNITS = re.compile(rf"^(?P<what>the .+), in (?P<unit>{_UNITS})$")
_COMPARISONS: Sequence[str] = (
    r"^how much (?:higher|longer) (?:is|are) (?P<a>.+?) than (?P<b>.+?)(?P<percent>, in percent)?$",
    r"^how much (?:higher|longer) (?P<a>.+?) (?:is|are) than (?P<b>.+)$",
    r"^how (?:far|(?P<percent>many percent)) above(?: or below)? (?P<b>.+) (?:is|are) (?P<a>.+)$",
    r"^how far (?P<a>.+) (?:is|are) above (?P<b>.+)$",
    r"^(?:how (?:does|do) )(?P<a>.+) compare with (?P<b>.+): how far above or below$",
    r"^is (?P<a>.+) above or below (?P<b>.+), and by how (?:much|(?P<percent>many percent))$",
    r"^(?P<a>the .+) is (?:longer|higher) than (?P<b>.+): by how much$",
    r"^by how much does (?P<a>.+) exceed (?P<b>.+)$",
    r"^by how many (?P<percent>percent) is (?P<a>.+) above (?P<b>.+)$",
    r"difference between (?P<a>.+?) and (?P<b>the .+), the first minus the second$",
    r"(?P<percent>percentage) change from (?P<b>.+?) to (?P<a>the .+)$",
)


def reworded(text: str) -> tuple[str, str]:
    """Bring a question into a plain form; returns the document that it says it is about, too, or an empty text."""
    about, text = "", text.strip()
    if match := _PREFACE.match(text):
        about, text = match["about"], _named(match["rest"], match["about"])
    text = re.sub(r"[?.]+$", "", text.strip())
    for pattern, other in _PHRASES:
        text = re.sub(pattern, other, text)
    if match := _IN_UNITS.match(without_opening(text)):
        text = f"In {match['unit']}, what is {match['what']}"
    return text, about


def without_opening(text: str) -> str:
    """Leave out the words that only ask."""
    return re.sub(r" for me$", "", _OPENING.sub("", text))


def compared(text: str) -> tuple[str, str, bool] | None:
    """Take a comparison apart: what is compared, with what, and whether in percent of the latter."""
    for pattern in _COMPARISONS:
        if match := re.search(pattern, text.replace("?", ""), re.I):
            percent = match.groupdict().get("percent") is not None
            return *_completed(match["a"], match["b"]), percent
    return None


def _named(text: str, about: str) -> str:
    """Put the document in the place of `it` and `there`."""
    text = re.sub(rf"\bthe {_POINTING} it names\b", rf"the \1 named in {about}", text)
    return re.sub(r" (?:it gives|given there)\b", f" given in {about}", text)


def _completed(one: str, other: str) -> tuple[str, str]:
    """Fill in what `the one in B`, `that of B`, `given there` and `the old price` leave out."""
    one, other = _headed(one, other), _headed(other, one)
    if other.endswith("given there"):
        document = re.search(rf"named in ({_DOCUMENT})", one)
        other = other.replace("given there", f"given in {document[1]}") if document else other
    for shorter, longer in ((0, 1), (1, 0)):
        pair = [one, other]
        place = re.search(r" in (the “.+” (?:meeting note|page))$", pair[longer])
        if place and " in " not in pair[shorter] and " of " not in pair[shorter] and " among " not in pair[shorter]:
            pair[shorter] += f" in {place[1]}"
            one, other = pair
    return one, other


def _headed(short: str, long: str) -> str:
    """Give `that of B` and `the one in B` the head of what they are compared with."""
    match = re.match(r"^(?:that|those|the ones?) (of|in) (.+)$", short)
    if not match:
        return short
    cut: Callable[[str], str] = {
        "of": lambda text: text.partition(" of ")[0],
        "in": lambda text: re.sub(r" (?:given )?in the .+$", "", text),
    }[match[1]]
    return f"{cut(long)} {match[1]} {match[2]}" if match[1] == "of" else f"{cut(long)} given in {match[2]}"
