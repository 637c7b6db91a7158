"""What an operator could answer: articles, kept answers, and what people of the shop said to questions like it.

All of it is local search; each suggestion says why it came up. Nothing is written here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from kizuna.conversations import canned, similar, talks_of, threads
from kizuna.flows.dialogue import gaps
from kizuna.html import figures
from kizuna.knowledge import articles
from kizuna.knowledge.articles import Audience, Hit
from kizuna.science import retrieval, stems
from kizuna.science.retrieval import Index

if TYPE_CHECKING:
    from kizuna.conversations.models import CannedReply, Conversation, Message
    from kizuna.shops.models import Shop

ARTICLE, CANNED, PAST = "article", "canned", "past"
MOST_ARTICLES, MOST_CANNED, MOST_PAST = 4, 3, 3
LAST_WORDS = 3
LONGEST = 1_500


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something an operator could answer with, and why; `number` is that of a kept answer."""

    kind: str
    title: str
    text: str
    url: str
    why: str
    number: int | None = None
    is_internal: bool = False


def suggest(shop: "Shop", about: int | str, now: datetime, language: str = "") -> list[Suggestion]:
    """Suggest answers to a conversation (by its number) or to a text, kind by kind, the best first.

    Raises threads.NotThere.
    """
    conversation = None
    text = about if isinstance(about, str) else ""
    if isinstance(about, int):
        conversation = threads.find(shop.pk, about)
        if conversation is None:
            raise threads.NotThere(str(about))
        text = question_of(talks_of.list_said(shop.pk, conversation.pk, None))
    text = text.strip()[:LONGEST]
    if not text:
        return []
    spoken = language or guess_language(shop, text)
    return [
        *_articles(shop, text, spoken),
        *_canned(shop, text, spoken, conversation),
        *_past(shop, text, spoken, conversation),
    ]


def question_of(said: "Sequence[Message]") -> str:
    """Give what a customer asks: their words since a person last answered, else their last ones."""
    asked: list[str] = []
    for message in reversed(said):
        if message.direction == "in" and not message.is_automatic:
            asked.append(message.text)
        elif message.author == "person" and asked:
            break
        if len(asked) == LAST_WORDS:
            break
    return "\n".join(reversed(asked))


def guess_language(shop: "Shop", text: str) -> str:
    """Guess which of the languages of the articles a text is in, by its small words."""
    words = [stems.fold(word) for word in text[:LONGEST].split()]
    offered = articles.list_languages(shop.pk, Audience.INTERNAL) or ["en"]
    counts = {each: sum(word.strip(".,!?") in stems.SILENT.get(each, ()) for word in words) for each in offered}
    return max(offered, key=lambda each: (counts[each], -offered.index(each)))


def _articles(shop: "Shop", text: str, language: str) -> list[Suggestion]:
    found = articles.search(shop.pk, text, language, Audience.INTERNAL, MOST_ARTICLES)
    return [
        Suggestion(ARTICLE, hit.title, hit.excerpt, hit.url, _why(hit), is_internal=hit.is_internal) for hit in found
    ]


def _why(hit: Hit) -> str:
    named = f"speaks of {_list(hit.words)}" if hit.words else "comes closest to the question"
    return f"Only we may read it; {named}" if hit.is_internal else named.capitalize()


def _canned(shop: "Shop", text: str, language: str, conversation: "Conversation | None") -> "list[Suggestion]":
    replies = {row.pk: row for row in canned.list_replies(shop.pk, conversation.team_id if conversation else None)}
    if not replies:
        return []
    index = _index(tuple((row.pk, row.title, row.text) for row in replies.values()), language)
    values = gaps.values_for(shop, conversation, None) if conversation is not None else {}
    found = index.search(stems.stems_of(text, language), MOST_CANNED)
    return [_kept(replies[match.id], match.stems, text, language, values) for match in found]


def _kept(row: "CannedReply", agreed: Sequence[str], text: str, language: str, values: dict[str, str]) -> Suggestion:
    written = {stem: word.lower() for stem, word in reversed(stems.words_of(text, language))}
    words = tuple(written[stem] for stem in agreed if stem in written)
    why = f"A kept answer about {_list(words)}" if words else "A kept answer close to the question"
    return Suggestion(CANNED, row.title, canned.fill(row.text, values).text, "", why, number=row.pk)


def _past(shop: "Shop", text: str, language: str, conversation: "Conversation | None") -> list[Suggestion]:
    found = similar.find_answers(shop.pk, text, language, conversation.pk if conversation else None, MOST_PAST)
    return [
        Suggestion(
            PAST,
            each.question,
            each.answer,
            f"/s/{shop.slug}/inbox/{each.conversation}/",
            f"{each.by or 'A colleague'} answered so on"
            f" {figures.moment(each.answered_us, shop.timezone, with_time=False)}; both ask about {_list(each.words)}",
        )
        for each in found
    ]


@lru_cache(maxsize=32)
def _index(rows: tuple[tuple[int, str, str], ...], language: str) -> Index:
    """Index kept answers; the rows themselves are the key, so that a change makes it anew."""
    return retrieval.build(
        {
            number: retrieval.weigh((stems.stems_of(title, language), 3.0), (stems.stems_of(text, language), 1.0))
            for number, title, text in rows
        }
    )


def _list(words: Sequence[str]) -> str:
    marked = [f"“{word}”" for word in words[:4]]
    return marked[0] if len(marked) == 1 else f"{', '.join(marked[:-1])} and {marked[-1]}" if marked else "the same"
