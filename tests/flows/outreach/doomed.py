"""A process that lets children send a play, kills them by SIGKILL at chosen points, and looks after each.

`python -m tests.flows.outreach.doomed CUSTOMERS KILLS SEED` in a home of its own; ends with 0 if each customer has
exactly one mail in the end and never had more on the way.
"""

import importlib
import random
import signal
import sys
import time

import django

from tests.flows import doomed
from tests.flows.doomed import in_child


def begin(customers: int) -> None:
    """A shop with customers and a running play."""
    from tests.flows.making import make_shop
    from tests.flows.outreach.asked import people, running

    shop = make_shop(slug="doomed")
    people(shop, customers)
    running(shop)


def send(points: int | None) -> None:
    """Send until nothing is due; with points until death."""
    from kizuna.flows.outreach import sending
    from tests.flows.outreach.asked import NOON

    if points is not None:
        doomed._count_down(points)
    while sending.send_due(NOON):
        pass


def look(customers: int, whole: bool) -> None:
    """Nobody has two mails, a mail and its conversation exist together; in the end everybody has one."""
    from kizuna.conversations.models import Conversation, Message
    from kizuna.outreach.models import Target

    mails = [each.recipients["to"][0] for each in Message.objects.all()]
    assert len(mails) == len(set(mails)), "somebody was written to twice"
    begun = set(Conversation.objects.values_list("pk", flat=True))
    decided = Target.objects.filter(state="sent")
    assert begun == set(decided.values_list("conversation_id", flat=True)), "a mail without its target"
    assert len(mails) == len(begun)
    assert not whole or len(mails) == customers, f"{len(mails)} of {customers}"


def main() -> int:
    """Send, die, look, as often as asked; then send the rest."""
    customers, kills, seed = (int(word) for word in sys.argv[1:4])
    django.setup()
    for name in ("kizuna.flows.outreach.sending", "tests.flows.outreach.asked"):
        importlib.import_module(name)  # once here, not in every child
    chance, killed = random.Random(seed), 0
    steps = [in_child(lambda: begin(customers))]
    for _ in range(kills):
        points = chance.randint(1, 12 * max(customers // max(kills, 1), 2))
        ended = in_child(lambda p=points: send(p))  # type: ignore[misc]
        killed += ended == -signal.SIGKILL
        steps += [0 if ended in (0, -signal.SIGKILL) else 1, in_child(lambda: look(customers, False))]
        if any(steps):
            return 1
        time.sleep(0.01)
    steps += [in_child(lambda: send(None)), in_child(lambda: look(customers, True))]
    print(f"killed {killed}")
    return 1 if any(steps) else 0 if killed else 2


if __name__ == "__main__":
    sys.exit(main())
