"""Reading the knowledge base: finding articles by words, and giving one to people or to ourselves.

What people read is the published version; drafts are written in knowledge.article_desk. Addresses begin with "/" and
are those of the public help pages.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from kizuna.html import prose
from kizuna.knowledge import shelf
from kizuna.knowledge.models import Article, ArticleText, Audience
from kizuna.science import stems
from kizuna.science.retrieval import Match
from kizuna.shops import tenants

__all__ = ["ArticleView", "Audience", "Hit", "NotThere"]

MOST_HITS = 8
EXCERPT = 180
LONGEST_QUESTION = 2_000
_SENTENCE = re.compile(r"(?<=[.!?。])\s+|\n+")


class NotThere(LookupError):
    """There is no such article for whoever asks."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found: what it is called, the sentence that fits, where it stands, and why it came up."""

    id: UUID
    title: str
    excerpt: str
    url: str
    score: float
    language: str
    words: tuple[str, ...]
    text_id: int
    is_internal: bool = False


@dataclass(frozen=True, slots=True)
class ArticleView:
    """A published article in one language."""

    id: UUID
    slug: str
    language: str
    languages: tuple[str, ...]
    title: str
    body: str
    category: str
    category_name: str
    changed_us: int
    url: str
    text_id: int
    is_internal: bool

    @property
    def html(self) -> str:
        """The text as safe markup."""
        return prose.to_html(self.body)

    @property
    def text(self) -> str:
        """The text without markup."""
        return prose.to_text(self.body)


def search(
    shop_id: int, words: str, language: str, audience: str = Audience.PUBLIC, limit: int = MOST_HITS
) -> list[Hit]:
    """Find published articles by words, the best first: in the language, else in those the shop has besides.

    `audience` internal finds what only we may read as well.
    """
    short = short_of(language)
    found = _search(shop_id, words, short, audience, limit)
    for other in () if found else (each for each in list_languages(shop_id, audience) if each != short):
        found = _search(shop_id, words, other, audience, limit)
        if found:
            break
    return found


def get_public(shop_id: int, article: UUID | str, language: str, audience: str = Audience.PUBLIC) -> ArticleView:
    """Get a published article by its number or address, in the language or else in one it has. Raises NotThere."""
    wanted = _shown(shop_id, audience)
    key = article if isinstance(article, UUID) else _as_uuid(article)
    row = (wanted.filter(slug=article) if key is None else wanted.filter(public_id=key)).first()
    if row is None:
        raise NotThere(str(article))
    texts = {text.language: text for text in row.texts.select_related("live").exclude(live=None)}
    if not texts:
        raise NotThere(str(article))
    short = short_of(language)
    chosen = short if short in texts else "en" if "en" in texts else sorted(texts)[0]
    return _view(row, texts[chosen], sorted(texts), tenants.get_shop_by_id(shop_id).slug)


def list_public(shop_id: int, language: str, category: str | None = None) -> list[ArticleView]:
    """List the published articles of a language for everybody, by category and title."""
    wanted = _shown(shop_id, Audience.PUBLIC)
    if category is not None:
        wanted = wanted.filter(category__slug=category)
    texts = ArticleText.objects.filter(shop_id=shop_id, language=language, article__in=wanted).exclude(live=None)
    slug = tenants.get_shop_by_id(shop_id).slug
    rows = texts.select_related("article", "article__category", "live").order_by("title", "id")
    return [_view(row.article, row, [row.language], slug) for row in rows]


def list_languages(shop_id: int, audience: str = Audience.PUBLIC) -> list[str]:
    """List the languages in which a shop has published something, the fullest first."""
    rows = ArticleText.objects.filter(shop_id=shop_id, article__in=_shown(shop_id, audience)).exclude(live=None)
    counted: dict[str, int] = {}
    for language in rows.values_list("language", flat=True):
        counted[language] = counted.get(language, 0) + 1
    return sorted(counted, key=lambda each: (-counted[each], each))


def short_of(language: str) -> str:
    """Write a language as articles keep it: "de-AT" is "de"."""
    return language.strip().lower().replace("_", "-").split("-")[0][:10] or "en"


def _search(shop_id: int, words: str, language: str, audience: str, limit: int) -> list[Hit]:
    index = shelf.find_index(shop_id, language, audience)
    if index is None:
        return []
    found = index.search(stems.stems_of(words[:LONGEST_QUESTION], language), limit)
    rows = {
        row.pk: row
        for row in ArticleText.objects.filter(shop_id=shop_id, pk__in=[match.id for match in found])
        .exclude(live=None)
        .select_related("article", "live")
    }
    slug = tenants.get_shop_by_id(shop_id).slug
    return [_hit(rows[match.id], match, slug) for match in found if match.id in rows]


def _hit(row: ArticleText, match: Match, slug: str) -> Hit:
    assert row.live is not None
    text = prose.to_text(row.live.body)
    spoken, excerpt = _excerpt(f"{row.live.title}. {text}", text, set(match.stems), row.language)
    return Hit(
        row.article.public_id,
        row.live.title,
        excerpt,
        address(slug, row.language, row.article.slug),
        round(match.score, 4),
        row.language,
        spoken,
        row.pk,
        row.article.audience == Audience.INTERNAL,
    )


def address(slug: str, language: str, article: str) -> str:
    """Write where an article stands on the public help pages."""
    return f"/help/{slug}/{language}/{article}/"


def _excerpt(whole: str, text: str, asked: set[str], language: str) -> tuple[tuple[str, ...], str]:
    """Give the words of the text that agreed, and the sentence that holds most of them."""
    spoken: dict[str, str] = {}
    for stem, word in stems.words_of(whole, language):
        if stem in asked:
            spoken.setdefault(stem, word.lower())
    sentences = [each.strip() for each in _SENTENCE.split(text) if each.strip()]
    best = max(sentences, key=lambda each: _agreeing(each, asked, language), default="")
    return tuple(spoken.values()), best if len(best) <= EXCERPT else f"{best[: EXCERPT - 1].rsplit(' ', 1)[0]} …"


def _agreeing(sentence: str, asked: set[str], language: str) -> int:
    return len(asked & set(stems.stems_of(sentence, language)))


def _shown(shop_id: int, audience: str) -> QuerySet[Article]:
    rows = Article.objects.filter(shop_id=shop_id, archived_us=None).select_related("category")
    return rows.filter(audience=Audience.PUBLIC) if audience == Audience.PUBLIC else rows


def _as_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _view(row: Article, text: ArticleText, languages: Sequence[str], slug: str) -> ArticleView:
    assert text.live is not None
    category = row.category
    names = category.names if category else {}
    return ArticleView(
        row.public_id,
        row.slug,
        text.language,
        tuple(languages),
        text.live.title,
        text.live.body,
        category.slug if category else "",
        names.get(text.language) or next(iter(names.values()), ""),
        text.live.published_us or text.live.saved_us,
        address(slug, text.language, row.slug),
        text.pk,
        row.audience == Audience.INTERNAL,
    )
