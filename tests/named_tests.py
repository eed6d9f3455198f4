"""Which tests does a list name, and are they there? For lists of what must hold and the tests that show it."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def defined_in(path: str) -> frozenset[str]:
    """The names of the tests a file defines."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def require_named(holds: str, tests: tuple[str, ...]) -> None:
    """Fail unless a sentence says what holds and every test named for it is defined."""
    assert holds
    assert tests
    for test in tests:
        path, _, name = test.partition("::")
        assert name in defined_in(path), f"{test} is gone"
