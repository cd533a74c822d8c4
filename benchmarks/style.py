"""Sizes of hand-written source, as the style table counts them: `python benchmarks/style.py services shared`.

Lines are newline characters; empty `__init__.py` and generated files do not count; functions come from the syntax tree,
nested ones too.
"""

import ast
import re
import statistics
import sys
from pathlib import Path

EMPTY_BYTES = 50


def quantile(values: list[int], share: float) -> int:
    """Return the value below which `share` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main(roots: list[str]) -> None:
    """Print one line per figure."""
    modules: list[int] = []
    functions: list[int] = []
    typed = documented = broad = comments = lines = 0
    for path in (path for root in roots for path in Path(root).rglob("*.py")):
        if "_pb2" in path.name or (path.name == "__init__.py" and path.stat().st_size < EMPTY_BYTES):
            continue
        text = path.read_text(encoding="utf-8")
        modules.append(text.count("\n"))
        lines += modules[-1]
        comments += len(re.findall(r"(?m)^\s*#", text))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions.append((node.end_lineno or node.lineno) - node.lineno + 1)
                typed += node.returns is not None
                documented += ast.get_docstring(node) is not None
            if isinstance(node, ast.ExceptHandler) and getattr(node.type, "id", "") in ("Exception", "BaseException"):
                broad += 1
    count = len(functions)
    print(f"modules {len(modules)}, lines {lines}")
    print(f"module lines    {statistics.median(modules):.0f}/{quantile(modules, 0.9)}/{max(modules)}")
    print(f"function lines  {statistics.median(functions):.0f}/{quantile(functions, 0.9)}/{max(functions)}")
    print(f"returns typed {typed / count:.0%}, with docstring {documented / count:.0%}")
    print(f"comment lines {comments / lines:.1%}, broad excepts {broad}")


if __name__ == "__main__":
    main(sys.argv[1:] or ["services", "shared"])
