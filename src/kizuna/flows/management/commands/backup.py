"""`./run manage backup FOLDER`: a copy of the whole installation, taken while it runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kizuna.flows import backup


class Command(BaseCommand):
    """Copies the installation into a new folder."""

    help = "Copy the installation into a new folder while it runs. With PostgreSQL: the files beside the database."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", metavar="FOLDER", type=Path, help="new or empty; one for each backup")

    def handle(self, *args: Any, **options: Any) -> None:
        """Copy and say what was copied."""
        try:
            made = backup.make(options["folder"], timezone.now())
        except backup.Refused as problem:
            raise CommandError(str(problem)) from None
        except (OSError, backup.Unfinished) as problem:
            raise CommandError(f"The backup is not whole: {problem}") from None
        self.stdout.write(f"Copied {made.files:,} files, {made.bytes / 1e6:,.1f} MB, to {options['folder']}.")
        if not made.has_database:
            self.stdout.write("The PostgreSQL database is not among them: pg_dump copies it, before this command.")
