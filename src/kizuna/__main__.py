"""`python -m kizuna`: what ./run calls; a management command by name, Django's own among them."""

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from django.core.management import execute_from_command_line

from kizuna.config.environment import BadSetting


def main() -> None:
    """Hand the words of the command line to Django."""
    take_address(sys.argv[1:], os.environ)
    choose_home(sys.argv[1:], os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kizuna.config.settings")
    try:
        execute_from_command_line(["./run manage", *sys.argv[1:]])
    except BadSetting as problem:
        sys.exit(f"kizuna: {problem}")


def take_address(words: list[str], variables: MutableMapping[str, str]) -> None:
    """Turn --host and --port of a serving command into settings, before Django makes links and cookies from them."""
    if not words or words[0] not in {"serve", "demo"}:
        return
    for name, variable in (("--host", "KIZUNA_HOST"), ("--port", "KIZUNA_PORT")):
        for place, word in enumerate(words):
            if word.startswith(f"{name}="):
                variables[variable] = word.partition("=")[2]
            elif word == name and place + 1 < len(words):
                variables[variable] = words[place + 1]


def choose_home(words: list[str], variables: MutableMapping[str, str]) -> None:
    """Give the demo a home of its own, unless one was chosen: it must never move in with a real shop."""
    if words[:1] == ["demo"] and not variables.get("KIZUNA_HOME"):
        variables["KIZUNA_HOME"] = str(Path.home() / ".local" / "share" / "kizuna-demo")


if __name__ == "__main__":
    main()
