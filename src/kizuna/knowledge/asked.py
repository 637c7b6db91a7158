"""Questions as they were asked, whether an article helped, and the gaps: what is asked and not answered.

Words are kept without who asked, for KEPT_DAYS; a chat's question is found again by its conversation, for erasure.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import log

from django.conf import settings
from django.db.models import F

from kizuna.knowledge.articles import NotThere, short_of
from kizuna.knowledge.models import ArticleText, ArticleVote, Asked, AskedOn
from kizuna.science import retrieval, stems
from kizuna.science.periods import DAY_US

__all__ = ["AskedOn", "Gap"]

KEPT_DAYS = 180
LONGEST = 200
MOST_GROUPED = 1_500
ALIKE = 0.45
MOST_SAID = 5


@dataclass(slots=True)
class Gap:
    """Questions of one kind that no article answers."""

    title: str
    language: str
    count: int
    last_us: int
    by_place: dict[str, int]
    said: list[str] = field(default_factory=list)
    stems: dict[str, float] = field(default_factory=dict)


def note(shop_id: int, words: str, language: str, found: int, at_us: int, on: str = AskedOn.PANEL) -> None:
    """Note a question and how many articles answered it."""
    kept = " ".join(words.replace("\x00", "").split())[:LONGEST]
    if kept:
        Asked.objects.create(
            shop_id=shop_id, words=kept, language=short_of(language), found=min(found, 99), at_us=at_us, on=on
        )


def note_chat(shop_id: int, conversation_id: int, words: str, language: str, found: int, at_us: int) -> None:
    """Note the question a chat began with, once per chat."""
    kept = " ".join(words.replace("\x00", "").split())[:LONGEST]
    row = Asked(
        shop_id=shop_id,
        words=kept,
        language=short_of(language),
        found=min(found, 99),
        at_us=at_us,
        on=AskedOn.CHAT,
        conversation_id=conversation_id,
    )
    Asked.objects.bulk_create([row], ignore_conflicts=True)


def vote(shop_id: int, text_id: int, visitor_key: str, helpful: bool, now_us: int) -> tuple[int, int]:
    """Note whether an article helped; one voice each, which may change its mind. Raises NotThere.

    Returns how many said yes and no.
    """
    text = ArticleText.objects.select_for_update().filter(shop_id=shop_id, pk=text_id).exclude(live=None).first()
    if text is None:
        raise NotThere(str(text_id))
    voter = _voter(shop_id, visitor_key)
    said = ArticleVote.objects.filter(text=text, voter=voter).first()
    if said is not None and said.helpful == helpful:
        return text.helpful, text.unhelpful
    if said is None:
        ArticleVote.objects.create(shop_id=shop_id, text=text, voter=voter, helpful=helpful, at_us=now_us)
    else:
        said.helpful, said.at_us = helpful, now_us
        said.save(update_fields=["helpful", "at_us"])
        _count(text, not helpful, -1)
    _count(text, helpful, 1)
    text.refresh_from_db(fields=["helpful", "unhelpful"])
    return text.helpful, text.unhelpful


def gaps(shop_id: int, since_us: int, limit: int = 30) -> list[Gap]:
    """Group the questions without an answer since an instant, the most asked first.

    What people typed one after the other (`wom`, `woman`, `woman shoes`) counts once, as its longest form.
    """
    rows = Asked.objects.filter(shop_id=shop_id, at_us__gt=since_us, found=0).order_by("-at_us")[:MOST_GROUPED]
    counted: dict[tuple[str, tuple[str, ...]], Gap] = {}
    for row in rows:
        terms = retrieval.weigh((stems.stems_of(row.words, row.language), 1.0))
        key = (row.language, tuple(sorted(terms)))
        gap = counted.setdefault(key, Gap(row.words, row.language, 0, row.at_us, {}, [], terms))
        _add(gap, row.words, row.on)
    whole = [gap for gap in counted.values() if gap.stems]
    spread = Counter(stem for gap in whole for stem in gap.stems)
    rarity = {stem: log(1 + len(whole) / holders) for stem, holders in spread.items()}
    groups: list[Gap] = []
    for gap in sorted(whole, key=lambda each: (-each.count, -each.last_us)):
        home = next((each for each in groups if each.language == gap.language and _alike(each, gap, rarity)), None)
        if home is None:
            groups.append(gap)
        else:
            _join(home, gap)
    return sorted(groups, key=lambda each: (-each.count, -each.last_us))[:limit]


def figures(shop_id: int, since_us: int) -> dict[str, int]:
    """Count the questions since an instant, and those without an answer, by where they were asked."""
    counted: Counter[str] = Counter()
    for on, found in Asked.objects.filter(shop_id=shop_id, at_us__gt=since_us).values_list("on", "found"):
        counted["asked"] += 1
        counted["unanswered"] += found == 0
        counted[f"asked_{on}"] += 1
    return dict(counted)


def prune(now_us: int) -> int:
    """Forget questions that are older than they are kept; returns how many."""
    return Asked.objects.filter(at_us__lt=now_us - KEPT_DAYS * DAY_US).delete()[0]


def erase(shop_id: int, conversation_ids: Collection[int], visitor_keys: Collection[str] = ()) -> int:
    """Forget the questions of chats and the votes of browsers, whose counts stay; returns how many questions."""
    votes = ArticleVote.objects.filter(shop_id=shop_id, voter__in=[_voter(shop_id, each) for each in visitor_keys])
    votes.delete()
    return Asked.objects.filter(shop_id=shop_id, conversation_id__in=list(conversation_ids)).delete()[0]


def list_votes(shop_id: int, visitor_keys: Collection[str]) -> list[dict[str, object]]:
    """Tell which articles helped the person behind some browsers."""
    rows = ArticleVote.objects.filter(shop_id=shop_id, voter__in=[_voter(shop_id, each) for each in visitor_keys])
    return [
        {"article": row.text.title, "helped": row.helpful, "at_us": row.at_us}
        for row in rows.select_related("text").order_by("at_us")
    ]


def known_chats(shop_id: int, conversation_ids: Sequence[int]) -> set[int]:
    """Tell which chats' questions are noted already."""
    rows = Asked.objects.filter(shop_id=shop_id, conversation_id__in=list(conversation_ids))
    return {number for number in rows.values_list("conversation_id", flat=True) if number is not None}


def _voter(shop_id: int, visitor_key: str) -> str:
    told = f"help\0{shop_id}\0{visitor_key}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), told, hashlib.sha256).hexdigest()[:32]


def _count(text: ArticleText, helpful: bool, change: int) -> None:
    name = "helpful" if helpful else "unhelpful"
    ArticleText.objects.filter(pk=text.pk).update(**{name: F(name) + change})


def _alike(home: Gap, gap: Gap, rarity: dict[str, float]) -> bool:
    if retrieval.likeness(home.stems, gap.stems, rarity) >= ALIKE:
        return True
    return len(gap.stems) == 1 and any(stem.startswith(next(iter(gap.stems))) for stem in home.stems)


def _add(gap: Gap, words: str, on: str) -> None:
    gap.count += 1
    gap.by_place[on] = gap.by_place.get(on, 0) + 1
    if words not in gap.said and len(gap.said) < MOST_SAID:
        gap.said.append(words)


def _join(home: Gap, gap: Gap) -> None:
    home.count += gap.count
    home.last_us = max(home.last_us, gap.last_us)
    for on, count in gap.by_place.items():
        home.by_place[on] = home.by_place.get(on, 0) + count
    home.said += [words for words in gap.said if words not in home.said][: MOST_SAID - len(home.said)]
