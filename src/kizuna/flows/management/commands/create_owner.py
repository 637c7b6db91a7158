"""`create_owner EMAIL --shop SLUG [--name NAME]`: somebody who may do everything in a shop."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kizuna.flows import installation
from kizuna.flows import people as flow
from kizuna.shops import people, tenants
from kizuna.shops.tenants import Refused


class Command(BaseCommand):
    """Makes an owner."""

    help = "Make an owner of a shop; the password is read from standard input or generated and printed."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take who and where."""
        parser.add_argument("email")
        parser.add_argument("--shop", required=True, help="the shop's address (slug)")
        parser.add_argument("--name", default="")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the owner and print how to log in."""
        installation.prepare()
        known = people.find_person(options["email"])
        password = input().rstrip("\n") if options["password_stdin"] else secrets.token_urlsafe(12)
        try:
            shop = tenants.get_shop(options["shop"])
            new = flow.NewPerson(options["email"], options["name"], password)
            person = flow.create_owner(shop, new, timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        installation.end_setup()
        self.stdout.write(f"{person.email} is an owner of {shop.name}.")
        if known:
            self.stdout.write("They log in with the password they have.")
        elif not options["password_stdin"]:
            self.stdout.write(f"Password, shown once: {password}")
