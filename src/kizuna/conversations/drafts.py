"""What somebody has typed and not sent: one draft of an answer and one of a note per person and conversation."""

from kizuna.conversations.models import Draft

LONGEST = 100_000


def keep(shop_id: int, conversation_id: int, person_id: int, text: str, now_us: int, *, is_note: bool = False) -> None:
    """Keep what somebody has typed so far; nothing typed, nothing kept."""
    mine = Draft.objects.filter(shop_id=shop_id, conversation_id=conversation_id, person_id=person_id, is_note=is_note)
    if not text.strip():
        mine.delete()
        return
    Draft.objects.update_or_create(
        conversation_id=conversation_id,
        person_id=person_id,
        is_note=is_note,
        defaults={"shop_id": shop_id, "text": text[:LONGEST], "changed_us": now_us},
    )


def find(shop_id: int, conversation_id: int, person_id: int) -> dict[str, str]:
    """Find what somebody has typed: {"reply": ..., "note": ...}, empty where there is nothing."""
    mine = Draft.objects.filter(shop_id=shop_id, conversation_id=conversation_id, person_id=person_id)
    return {"reply": "", "note": ""} | {"note" if each.is_note else "reply": each.text for each in mine}


def drop(shop_id: int, conversation_id: int, person_id: int, *, is_note: bool = False) -> None:
    """Let go of a draft that was sent."""
    Draft.objects.filter(
        shop_id=shop_id, conversation_id=conversation_id, person_id=person_id, is_note=is_note
    ).delete()


def drop_before(shop_id: int, conversation_id: int, person_id: int, at_us: int) -> None:
    """Let go of an answer that was sent at an instant; what was typed since, maybe on another console, stays."""
    mine = Draft.objects.filter(shop_id=shop_id, conversation_id=conversation_id, person_id=person_id, is_note=False)
    mine.filter(changed_us__lte=at_us).delete()


def list_writing(shop_id: int, conversation_id: int) -> list[Draft]:
    """List the answers others have begun."""
    rows = Draft.objects.filter(shop_id=shop_id, conversation_id=conversation_id, is_note=False)
    return list(rows.select_related("person").order_by("-changed_us"))
