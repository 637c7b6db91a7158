"""The environment of processes that tests start: a home folder of their own, the database the tests run on."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def make_variables(home: Path, **more: str) -> dict[str, str]:
    """Make the variables: nothing of the caller's KIZUNA_ settings but its database."""
    ours = {name for name in os.environ if name.startswith("KIZUNA_") and name != "KIZUNA_DATABASE_URL"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {
        **kept,
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "kizuna.config.settings",
        "KIZUNA_HOME": str(home),
        **more,
    }
