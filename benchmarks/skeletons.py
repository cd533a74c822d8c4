"""How often one wording occurs in an export: `python -m benchmarks.skeletons out/mine`; 1 above two in a hundred."""

import sys
from pathlib import Path

from cli.dataset.skeletons import skeletons

MOST = 0.02
SHOWN = 5


def main(folder: str) -> int:
    """Print the most frequent skeletons and their shares."""
    whole, asked = skeletons(Path(folder))
    tasks = whole.total()
    for name, counted in (("with how to answer", whole), ("without how to answer", asked)):
        print(f"{name}: {tasks} tasks, {len(counted)} skeletons, the most frequent {_share(counted, tasks):.2%}")
        for text, count in counted.most_common(SHOWN):
            print(f"  {count:4}  {text}")
    # One task of thirty is more than two in a hundred and says nothing.
    return int(_share(whole, tasks) > MOST and whole.most_common(1)[0][1] > 1)


def _share(counted: dict[str, int], tasks: int) -> float:
    return max(counted.values()) / tasks


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
