"""Files that operators attach: uploaded one by one while they write, sent with the answer, swept when never sent.

The nightly sweep also lets go of raw mail and of sent notices that are older than the shop keeps them.
"""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction

from kizuna.conversations import attachments, mail_terms, outgoing, raw_shelf
from kizuna.conversations.attachments import NewFile, Refused
from kizuna.jobs import standing
from kizuna.science import periods
from kizuna.shops import tenants

if TYPE_CHECKING:
    from kizuna.conversations.models import Attachment, Conversation
    from kizuna.shops.models import Person, Shop

__all__ = ["Refused", "remove", "sweep", "upload"]

UNSENT_US = 7 * 86_400_000_000
SWEPT_AT_ONCE = 500


@transaction.atomic
def upload(
    shop: "Shop", conversation: "Conversation", told: tuple[str, str, bytes], person: "Person", now: datetime
) -> "Attachment":
    """Keep a file, (name, type, content), until the answer it goes with is sent. Raises Refused."""
    waiting = attachments.list_waiting(shop.pk, person.pk, conversation.pk)
    if len(waiting) >= attachments.MOST_OF_A_REPLY:
        raise Refused(f"at most {attachments.MOST_OF_A_REPLY} files")
    if sum(each.size for each in waiting) + len(told[2]) > attachments.MOST_BYTES_OF_A_REPLY:
        raise Refused(f"at most {attachments.MOST_BYTES_OF_A_REPLY // (1024 * 1024)} MB together")
    name, content_type, content = told
    new = NewFile(name, content_type, content, person_id=person.pk, conversation_id=conversation.pk)
    return attachments.store(shop.pk, new, periods.epoch_us(now))


@transaction.atomic
def remove(shop: "Shop", conversation: "Conversation", token: str, person: "Person", now: datetime) -> bool:
    """Remove a file that was not sent; False where there is none such of theirs."""
    mine = attachments.list_waiting(shop.pk, person.pk, conversation.pk)
    found = [each for each in mine if each.token == token]
    _forget(found, periods.epoch_us(now))
    return bool(found)


@standing.every("dialogue.sweep_files", cron="41 3 * * *")
def sweep(now: datetime) -> None:
    """Remove what was uploaded a week ago and never sent, and mail older than its shop keeps it. Repeat-safe."""
    now_us = periods.epoch_us(now)
    for shop in tenants.list_shops():
        _prune_mail(shop.pk, now_us)
    while found := attachments.list_abandoned(now_us - UNSENT_US, SWEPT_AT_ONCE):
        with transaction.atomic():
            _forget(found, now_us)


def _prune_mail(shop_id: int, now_us: int) -> None:
    days = mail_terms.read(shop_id).raw_days
    for prune in (raw_shelf.prune, outgoing.prune_notices) if days else ():
        done = SWEPT_AT_ONCE
        while done == SWEPT_AT_ONCE:
            with transaction.atomic():
                done = prune(shop_id, now_us - days * periods.DAY_US, SWEPT_AT_ONCE)


def _forget(found: "list[Attachment]", now_us: int) -> None:
    digests = attachments.forget(found)
    if digests:
        transaction.on_commit(partial(attachments.remove_bytes, digests, now_us))
