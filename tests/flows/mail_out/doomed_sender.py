"""A process that lets children queue and send mail, kills them at chosen points, and lets another finish.

`python -m tests.flows.mail_out.doomed_sender ROUNDS SEED PORT`: each command over SMTP and each write is a point; a
child dies by SIGKILL at one of them. Prints, as JSON, what the database says of each mail at the end.
"""

import json
import os
import random
import signal
import smtplib
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

from tests.flows.doomed import in_child

MAILS = 8


def _count_down(points: int) -> None:
    from django.db.backends.utils import CursorWrapper
    from django.db.transaction import Atomic

    left = [points]

    def doomed(work: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return work(*args, **more)

        return step

    smtplib.SMTP.send = doomed(smtplib.SMTP.send)  # type: ignore[method-assign]
    smtplib.SMTP.getreply = doomed(smtplib.SMTP.getreply)  # type: ignore[method-assign]
    Atomic.__exit__ = doomed(Atomic.__exit__)  # type: ignore[method-assign]
    CursorWrapper.executemany = doomed(CursorWrapper.executemany)  # type: ignore[method-assign]


def begin(port: int) -> None:
    """A shop whose team writes."""
    from tests.flows.mail_out.conftest import make_desk

    make_desk("doomed")


def send(number: int, port: int, points: int | None) -> None:
    """Queue some mails of both kinds where a round begins, and send what is due; die on the way where told to."""
    from django.conf import settings
    from django.db import transaction

    from kizuna.flows.mail_out import fleet, pumping
    from kizuna.flows.mail_out.sending import Terms
    from tests.flows.mail_out.conftest import find_desk
    from tests.shops.making import NOW

    options = {"host": "127.0.0.1", "port": port, "timeout": 60}
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
    now = NOW + timedelta(hours=number)
    if points is not None:
        desk = find_desk("doomed")
        with transaction.atomic():
            for each in range(MAILS):
                desk.write(f"r{number}m{each}@customer.example", terms=Terms(marketing=each % 2 == 1))
        _count_down(points)
    while pumping.send_due(now):
        pass
    fleet.close()


def tell() -> None:
    """Print what became of every mail."""
    from kizuna.conversations.models import Outgoing
    from kizuna.tracking.models import Fact

    rows = Outgoing.objects.order_by("id").values_list("mail_id", "marketing", "state", "recipients")
    told = Fact.objects.filter(name="Email Sent").values_list("message_id", flat=True)
    mails = [[mail_id, marketing, state, recipients[0]["address"]] for mail_id, marketing, state, recipients in rows]
    print("RESULT " + json.dumps({"mails": mails, "facts": len(told), "named": len(set(told))}), flush=True)


def main() -> int:
    """Rounds of queueing, dying and finishing."""
    rounds, seed, port = (int(word) for word in sys.argv[1:4])
    django.setup()
    chance = random.Random(seed)
    killed = 0
    if in_child(lambda: begin(port)):
        return 1
    for number in range(rounds):
        points = chance.randint(1, 70)
        ended = in_child(lambda n=number, p=points: send(n, port, p))  # type: ignore[misc]
        killed += ended == -signal.SIGKILL
        print(f"round {number}: {points} points ended with {ended}", flush=True)
        if ended not in (0, -signal.SIGKILL):
            return 1
        if in_child(lambda n=number: send(n + 1, port, None)):  # type: ignore[misc]
            return 1
    in_child(tell)
    print(f"killed {killed}")
    return 0 if killed * 2 >= rounds else 2


if __name__ == "__main__":
    sys.exit(main())
