"""`reset_password EMAIL`: a new password for somebody who cannot log in, shown once on this terminal."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kizuna.flows import installation
from kizuna.flows import people as flow
from kizuna.shops import people
from kizuna.shops.tenants import Refused


class Command(BaseCommand):
    """Sets a person's password."""

    help = "Give a person a new password; it is read from standard input or generated and printed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take whose password."""
        parser.add_argument("email")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Set the password; everywhere this person is logged in, they are logged out."""
        installation.prepare()
        person = people.find_person(options["email"])
        if person is None:
            raise CommandError(f"nobody here has the address {options['email']}")
        password = input().rstrip("\n") if options["password_stdin"] else secrets.token_urlsafe(12)
        try:
            flow.set_password(person, password, None, timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{person.email} has a new password and is logged out everywhere.")
        if not options["password_stdin"]:
            self.stdout.write(f"Password, shown once: {password}")
