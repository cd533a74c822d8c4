"""Other values of the same form: a quantity stays one, so that what is derived from it can change."""

from services.verifier.domain.altering import alterations
from shared.proof.numbers import read_quantity


def test_quantity_in_text_becomes_another_quantity():
    read = [read_quantity(one) for one in alterations("45.3 F")]
    assert {one for one in read if one} - {read_quantity("45.3 F")}
