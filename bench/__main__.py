"""`./run bench NAME`: run one benchmark.

Each is a module here with a `main` that prints a ratio measured in one run.
"""

import importlib
import pathlib
import sys


def main(words: list[str]) -> int:
    """Run the benchmark named first; the other words are its own."""
    folder = pathlib.Path(__file__).parent
    names = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    names = [name for name in names if "\ndef main(" in (folder / f"{name}.py").read_text()]
    if not words or words[0] not in names:
        print(f"usage: ./run bench NAME, with one of: {', '.join(names)}", file=sys.stderr)
        return 2
    return int(importlib.import_module(f"bench.{words[0]}").main(words[1:]) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
