"""`python -m kizuna`: what ./run calls; a management command by name, Django's own among them."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Hand the words of the command line to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kizuna.config.settings")
    execute_from_command_line(["./run manage", *sys.argv[1:]])


if __name__ == "__main__":
    main()
