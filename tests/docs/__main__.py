"""Write docs/generated/PAGE.md for each module of this package that has a `write() -> str`."""

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import tests.docs

FOLDER = Path(__file__).parents[2] / "docs" / "generated"


def main() -> int:
    """Write the pages that were asked for, or all."""
    pages = [module.name for module in pkgutil.iter_modules(tests.docs.__path__) if module.name != "__main__"]
    parser = argparse.ArgumentParser(prog="python -m tests.docs", description=__doc__)
    parser.add_argument("pages", nargs="*", choices=[*pages, []], help="all of them by default")
    FOLDER.mkdir(exist_ok=True)
    for name in parser.parse_args().pages or pages:
        text = importlib.import_module(f"tests.docs.{name}").write()
        (FOLDER / f"{name}.md").write_text(text.rstrip() + "\n", encoding="utf-8")
        sys.stdout.write(f"docs/generated/{name}.md\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
