"""`./run check`: format, lint, types, walls, migrations, then the rules of the house; exit 1 if any failed."""

import subprocess
import sys
import time

STEPS = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "types": ["mypy", "--no-error-summary"],
    "walls": ["importlinter.cli", "--no-cache"],
    "migrations": ["kizuna", "makemigrations", "--check", "--dry-run"],
    "django": ["kizuna", "check", "--fail-level", "WARNING"],
    "rules": ["pytest", "tests/house", "-n", "0"],
}


def main(names: list[str]) -> int:
    """Run the named steps, or all."""
    failed = []
    for name in names or STEPS:
        started = time.monotonic()
        module, *words = STEPS[name]
        command = [sys.executable, "-m", module, *words]
        if module == "importlinter.cli":
            command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as f; f()", *words]
        outcome = subprocess.run(command, check=False)
        verdict = "ok" if outcome.returncode == 0 else "FAILED"
        print(f"check {name}: {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
        if outcome.returncode:
            failed.append(name)
    if failed:
        print(f"check: {', '.join(failed)} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
