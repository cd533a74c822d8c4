"""Names of keys, headers and parameters as lower-case words: `fromUnit`, `from_unit` and `From unit` are one."""

import re
from functools import lru_cache

# The second alternative ends an acronym: `HTTPServer` is `http server`.
_BREAKS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9%$€£°À-ɏ]+")


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """Split a name into lower-case words."""
    return tuple(word.lower() for word in _BREAKS.split(name) if word)
