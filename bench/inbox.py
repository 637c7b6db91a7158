"""`./run bench inbox`: the pages of the inbox at the server in a shop of 500,000 conversations.

Conversations belong to customers that `bench pages` would seed, most are closed, each has its words to be found by.
The floor, in the same run, is a bare Django page behind the same middleware. `--keep FOLDER` seeds once.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING

from bench import pages

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

CONVERSATIONS = 500_000
CUSTOMERS = 50_000
FACTS = 300_000
HOUR_US = 3_600_000_000
WORDS = ("order", "tea", "sencha", "broken", "invoice", "address", "thanks", "gift", "decaf", "where", "late", "cup")


def main(argv: Sequence[str] | None = None) -> int:
    """Seed a throw-away home, time every page and print the figures."""
    parser = argparse.ArgumentParser(prog="./run bench inbox", description=__doc__)
    parser.add_argument("--conversations", type=int, default=CONVERSATIONS)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--facts", type=int, default=FACTS)
    parser.add_argument("--keep", default="", help="folder to seed once and to measure in again")
    arguments = parser.parse_args(argv)
    kept = nullcontext(arguments.keep) if arguments.keep else tempfile.TemporaryDirectory(prefix="kizuna-bench-")
    with kept as home:
        os.environ["KIZUNA_HOME"] = home
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kizuna.config.settings")
        import django

        django.setup()
        return _run(arguments, Path(home))


def _run(arguments: argparse.Namespace, home: Path) -> int:
    client = pages._prepare(arguments, home)
    shown = _prepare(arguments.conversations)
    floor = pages._timed(client, "/bare/")
    print(f"{arguments.conversations:,} conversations; median of {pages.ROUNDS}, first request apart")
    print(f"  {'bare page (the floor)':42}{floor[1]:8.1f} ms{floor[2]:8.1f} ms of processor")
    slow = []
    for name, path in shown.items():
        first, median, work = pages._timed(client, path)
        print(f"  {name:42}{median:8.1f} ms{work:8.1f} ms of processor{work / floor[2]:8.1f} x   first {first:8.1f} ms")
        if median > pages.AIM_MS:
            slow.append(name)
    print(f"  aim: every page under {pages.AIM_MS:.0f} ms: {'met' if not slow else 'missed by ' + ', '.join(slow)}")
    return 1 if slow else 0


def _prepare(count: int) -> dict[str, str]:
    """Seed once, and name the pages: every view, order and search, deep pages, and one conversation."""
    from kizuna.conversations import queues
    from kizuna.conversations.models import Conversation
    from kizuna.conversations.queues import Asked
    from kizuna.shops import tenants

    shop = tenants.get_shop("big")
    if not Conversation.objects.filter(shop=shop).exists():
        start = time.perf_counter()
        _seed(shop, count)
        print(f"seeded {count:,} conversations in {time.perf_counter() - start:.0f} s", file=sys.stderr)
    root, cursor = "/s/big/inbox/", ""
    for _ in range(20):
        cursor = queues.list_page(shop.pk, Asked("closed", 0), cursor, 500).following
    one = queues.list_page(shop.pk, Asked("all", 0)).rows[0].public_id
    shown = {f"view: {view}": f"{root}?view={view}" for view in queues.VIEWS}
    shown |= {f"all open, {order}": f"{root}?view=all&order={order}" for order in ("oldest", "waiting", "retain")}
    return shown | {
        "closed, page after 10,000": f"{root}?view=closed&after={cursor}",
        "all open with a rare tag": f"{root}?view=all&tag=rare",
        "closed with a frequent tag": f"{root}?view=closed&tag=frequent",
        "search: a word of a twelfth of all": f"{root}?q=sencha",
        "search: two words": f"{root}?q=sencha+broken",
        "search: the beginning of a word": f"{root}?q=invo",
        "search: a person": f"{root}?q=c77@mail.example",
        "one conversation": f"{root}{one}/",
    }


def _seed(shop: "Shop", count: int) -> None:
    """Write conversations with a message each in bulk: a hundredth open, the rest closed, tags and words beside."""
    from kizuna.conversations import search, teams
    from kizuna.conversations.models import Conversation, ConversationTag, Message, Tag
    from kizuna.customers.models import Identity
    from kizuna.shops.models import Person

    team, person = teams.ensure_default(shop.pk), Person.objects.get(email="owner@big.example")
    owners = list(Identity.objects.filter(shop=shop).values_list("id", "customer_id")[:CUSTOMERS])
    rare, frequent = (Tag.objects.create(shop=shop, name=name) for name in ("rare", "frequent"))
    now_us = time.time_ns() // 1000

    def make(number: int) -> Conversation:
        identity_id, customer_id = owners[number % len(owners)]
        at_us = now_us - (count - number) * HOUR_US // 50
        is_open = number % 100 == 0
        return Conversation(
            shop=shop,
            team=team,
            identity_id=identity_id,
            customer_id=customer_id,
            channel="email",
            state="open" if is_open else "closed",
            subject=f"{_word(number)} {_word(number // 12)} {number}",
            preview="Hello, where is my order?",
            assignee=person if number % 300 == 0 else None,
            awaits_us=is_open,
            waiting_since_us=at_us if is_open else None,
            opened_us=at_us,
            last_message_us=at_us,
            last_inbound_us=at_us,
            last_number=1,
        )

    for part in batched(range(count), 5_000):
        made = Conversation.objects.bulk_create([make(number) for number in part], batch_size=500)
        said = [
            Message(
                shop=shop,
                conversation=each,
                number=1,
                direction="in",
                channel="email",
                author="customer",
                from_address=f"c{number}@mail.example",
                subject=each.subject,
                text=f"Hello, where is my {_word(number // 5)}?",
                at_us=each.opened_us,
                stored_us=each.opened_us,
            )
            for number, each in zip(part, made, strict=True)
        ]
        for message in Message.objects.bulk_create(said, batch_size=500):
            search.index(message)
        tags = list(_tags(made, part, rare.pk, frequent.pk))
        ConversationTag.objects.bulk_create([ConversationTag(conversation_id=c, tag_id=t) for c, t in tags])


def _tags(made: "Sequence[object]", part: Sequence[int], rare: int, frequent: int) -> Iterator[tuple[int, int]]:
    for number, each in zip(part, made, strict=True):
        if number % 10_000 == 0:
            yield each.pk, rare  # type: ignore[attr-defined]
        if number % 3 == 0:
            yield each.pk, frequent  # type: ignore[attr-defined]


def _word(number: int) -> str:
    return WORDS[number % len(WORDS)]


if __name__ == "__main__":
    sys.exit(main())
