"""Plain JSON keeps every digit."""

import pytest

from shared.proof.canonical import canonical, parse, parse_canonical
from shared.proof.plain import plain_json


@pytest.mark.parametrize(
    "text", ['{"a":[1,25.60,true,null,"ä \\" \\u0000"]}', "0.1000000000000000000001", "9007199254740993", "-0.5", "[]"]
)
def test_value_survives_plain_json(text):
    assert parse(plain_json(parse(text))) == parse(text)


def test_canonical_escapes_are_undone_for_tools():
    assert plain_json(parse_canonical(canonical({"n": parse("9007199254740993")}))) == '{"n":9007199254740993}'
