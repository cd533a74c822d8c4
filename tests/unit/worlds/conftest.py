import pytest

from worlds import build

SEEDS = [(7, 3), (2, 1), (4, 5), (6, 2), (5, 1), (11, 2), (9, 1), (0, 2), (16, 1)]


@pytest.fixture(scope="session", params=SEEDS, ids=lambda pair: f"seed{pair[0]}-size{pair[1]}")
def world(request, tmp_path_factory):
    seed, size = request.param
    return build(seed, size, tmp_path_factory.mktemp("world") / "built")
