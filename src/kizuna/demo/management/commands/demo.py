"""`./run demo`: a believable shop with a year behind it, served on this machine until told to stop.

Uses a home folder of its own (kizuna.__main__ chooses it); starting it again finds everything as it was.
"""

import os
import secrets
import socket
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils import timezone

from kizuna.demo import catalogue, dialogue, filling, kept
from kizuna.demo.simulator_world import Plan
from kizuna.flows import installation
from kizuna.flows import people as flow
from kizuna.flows.imports import terminal
from kizuna.science import periods
from kizuna.shops import people, tenants

OWNER = "owner@kasane.example"


class Command(BaseCommand):
    """Makes the demo shop, fills it, and serves it."""

    help = "Make a believable shop with a simulated year, print how to enter, and serve it (Ctrl-C ends it)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take how much to simulate and where to listen."""
        parser.add_argument("--customers", type=int, default=Plan.customers, help="how many customers to simulate")
        parser.add_argument("--seed", type=int, default=Plan.seed, help="another seed, another year")
        parser.add_argument("--no-serve", action="store_true", help="only make and fill the shop")
        parser.add_argument("--host", default=settings.HOST, help="address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port to listen on")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill what is not filled yet, say how to enter, and serve."""
        if not 20 <= options["customers"] <= 100_000:
            raise CommandError("--customers takes a number from 20 to 100000")
        if not options["no_serve"]:
            _check_port_is_free()
        home = Path(settings.HOME)
        installation.prepare()
        _check_home_is_ours(home)
        began, now = time.monotonic(), timezone.now()
        plan = Plan(periods.epoch_us(now), options["customers"], options["seed"])
        note = kept.read_note(home)
        if note is not None and (note.plan.customers, note.plan.seed) != (plan.customers, plan.seed):
            self.stdout.write(f"This demo was made with --customers {note.plan.customers} --seed {note.plan.seed}.")
            self.stdout.write(f"For another year remove {home} first.")
        progress = terminal.progress_bar() or self._say_stage
        filling.fill(home, plan, progress)
        if options["no_serve"]:
            dialogue.tell_once(home, progress)
        else:
            dialogue.ask(home)
        if note is None or not note.filled:
            self.stdout.write(f"The shop was ready after {time.monotonic() - began:.0f} s.")
        self._say_how_to_enter(_keep_owner(home, now))
        if not options["no_serve"]:
            _serve_afresh()

    def _say_stage(self, doing: str, done: int, whole: int) -> None:
        if done == 0:
            self.stdout.write(f"{doing} ...")
            self.stdout.flush()

    def _say_how_to_enter(self, password: str) -> None:
        address = settings.PUBLIC_URL
        for line in (
            "",
            f"{catalogue.SHOP_NAME}, {catalogue.SHOP_LINE}",
            f"  console     {address}/s/{catalogue.SHOP_SLUG}/portfolio/",
            f"  log in as   {OWNER}",
            f"  password    {password}",
            f"  storefront  {address}/store/{catalogue.SHOP_SLUG}/",
            "",
            "Open the storefront in a second window, sign in as one of the customers, and watch their dot.",
            f"Everything is in {settings.HOME}",
            "",
        ):
            self.stdout.write(line)
        self.stdout.flush()


def _keep_owner(home: Path, now: datetime) -> str:
    """Give the owner's password; made once and kept beside the demo, made anew where the file was removed."""
    path = home / kept.PASSWORD
    known = people.find_person(OWNER)
    if known is not None and path.exists():
        return path.read_text().strip()
    password = secrets.token_urlsafe(12)
    if known is None:
        new = flow.NewPerson(OWNER, "Owner of the demo", password)
        flow.create_owner(tenants.get_shop(catalogue.SHOP_SLUG), new, now)
        installation.end_setup()
    else:
        flow.set_password(known, password, None, now)
    kept.write_private(path, password + "\n")
    return password


def _serve_afresh() -> None:
    """Serve in a fresh process of the same id: what filling took of memory goes back to the machine."""
    connections.close_all()
    sys.stdout.flush()
    address = ("--host", settings.HOST, "--port", str(settings.PORT))
    os.execv(sys.executable, [sys.executable, "-m", "kizuna", "serve", *address])  # noqa: S606


def _check_home_is_ours(home: Path) -> None:
    """The demo lets anybody on this machine act as its customers: it never moves into a home with other shops."""
    others = [shop.slug for shop in tenants.list_shops() if shop.slug != catalogue.SHOP_SLUG]
    foreign = kept.read_note(home) is None and tenants.find_shop(catalogue.SHOP_SLUG) is not None
    if others or foreign:
        raise CommandError(
            f"{home} holds shops that are no demo ({', '.join(others) or catalogue.SHOP_SLUG}): unset KIZUNA_HOME"
        )


def _check_port_is_free() -> None:
    try:
        family = socket.AF_INET6 if ":" in settings.HOST else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.HOST, settings.PORT))
    except OSError as problem:
        raise CommandError(
            f"cannot listen on {settings.HOST}:{settings.PORT} ({problem.strerror}); try --port {settings.PORT + 10}"
        ) from None
