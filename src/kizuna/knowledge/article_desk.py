"""Writing the knowledge base: articles, their languages and versions, categories, what is published and what is not.

Every save is a version of its own with who made it; publishing names one as what people read. Nothing is lost by
writing on: people keep reading the published version until the next is published.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max

from kizuna.html import prose
from kizuna.knowledge import shelf
from kizuna.knowledge.articles import NotThere, short_of
from kizuna.knowledge.models import Article, ArticleText, ArticleVersion, Audience, HelpCategory
from kizuna.science import retrieval, stems
from kizuna.shops.tenants import Refused
from kizuna.tables import public_ids

LONGEST_TITLE, LONGEST_BODY = 160, 50_000
MOST_ARTICLES, MOST_CATEGORIES = 20_000, 60
TITLE_WEIGHT, CATEGORY_WEIGHT = 4.0, 1.5
_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote: an article in one language; without a number it is a new one."""

    title: str
    body: str
    language: str = "en"
    article: UUID | None = None
    category: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An article in the list of those who write: how each language stands."""

    id: UUID
    title: str
    state: str
    category: str
    languages: tuple[tuple[str, bool], ...]
    helpful: int
    unhelpful: int
    changed_us: int


def save(shop_id: int, told: Written, person_id: int | None, now_us: int) -> ArticleVersion:
    """Keep what was written as the newest version of its text; the same words again are no new one.

    Raises Refused, NotThere.
    """
    title, body, language = _checked(told)
    article = _begin(shop_id, title, now_us) if told.article is None else get(shop_id, told.article, lock=True)
    article.category = _category(shop_id, told.category)
    article.changed_us = now_us
    article.save(update_fields=["category", "changed_us"])
    text, _ = ArticleText.objects.get_or_create(
        shop_id=shop_id, article=article, language=language, defaults={"title": title}
    )
    last = text.versions.order_by("-number").first()
    if last is not None and (last.title, last.body) == (title, body):
        _find_anew(article, now_us)
        return last
    if text.live_id is None:
        text.title = title
        text.save(update_fields=["title"])
    _find_anew(article, now_us)
    return ArticleVersion.objects.create(
        shop_id=shop_id,
        text=text,
        number=1 if last is None else last.number + 1,
        title=title,
        body=body,
        person_id=person_id,
        saved_us=now_us,
    )


def publish(shop_id: int, article: UUID, language: str, audience: str, now_us: int) -> ArticleText:
    """Let people read the newest version of a text: everybody, or only we. Raises Refused, NotThere."""
    if audience not in Audience.values:
        raise Refused("audience", "everybody or only we")
    row = get(shop_id, article, lock=True)
    text = row.texts.filter(language=short_of(language)).first()
    newest = None if text is None else text.versions.order_by("-number").first()
    if text is None or newest is None:
        raise NotThere(language)
    if not newest.body.strip():
        raise Refused("body", "write the answer first")
    newest.published_us = now_us
    newest.save(update_fields=["published_us"])
    row.audience, row.archived_us, row.changed_us = audience, None, now_us
    row.save(update_fields=["audience", "archived_us", "changed_us"])
    text.live, text.title = newest, newest.title
    text.terms = _terms(row, newest, text.language)
    text.save(update_fields=["live", "title", "terms"])
    shelf.touch(shop_id)
    return text


def archive(shop_id: int, article: UUID, now_us: int) -> Article:
    """Take an article away from everybody's eyes; it can be published again. Raises NotThere."""
    row = get(shop_id, article, lock=True)
    row.archived_us = row.changed_us = now_us
    row.save(update_fields=["archived_us", "changed_us"])
    shelf.touch(shop_id)
    return row


def get(shop_id: int, article: UUID, *, lock: bool = False) -> Article:
    """Get an article to write on. Raises NotThere."""
    rows = Article.objects.filter(shop_id=shop_id, public_id=article)
    row = (rows.select_for_update() if lock else rows.select_related("category")).first()
    if row is None:
        raise NotThere(str(article))
    return row


def list_versions(shop_id: int, article: UUID, language: str, limit: int = 50) -> list[ArticleVersion]:
    """List the versions of a text with who saved each, the newest first."""
    found = ArticleVersion.objects.filter(
        shop_id=shop_id, text__article__public_id=article, text__language=short_of(language)
    )
    return list(found.select_related("person", "text").order_by("-number")[:limit])


def list_all(shop_id: int, state: str = "", words: str = "", limit: int = 500) -> list[Listed]:
    """List the articles for those who write, the last changed first; of one state, or whose title holds words."""
    rows = Article.objects.filter(shop_id=shop_id).select_related("category")
    if state != "archived":
        rows = rows.filter(archived_us=None)
    if words.strip():
        rows = rows.filter(texts__title__icontains=words.strip()).distinct()
    listed = [_listed(row) for row in rows.prefetch_related("texts").order_by("-changed_us", "-id")[: limit * 2]]
    return [each for each in listed if not state or each.state == state][:limit]


def list_categories(shop_id: int) -> list[HelpCategory]:
    """List the categories in their order."""
    return list(HelpCategory.objects.filter(shop_id=shop_id).order_by("place", "id"))


def save_category(shop_id: int, slug: str, names: dict[str, str]) -> HelpCategory:
    """Make a category, or name one anew in each language. Raises Refused."""
    kept = {short_of(key): " ".join(name.split())[:80] for key, name in names.items() if name.strip()}
    if not kept:
        raise Refused("name", "give it a name")
    row = HelpCategory.objects.filter(shop_id=shop_id, slug=slug).first() if slug else None
    if row is None:
        if HelpCategory.objects.filter(shop_id=shop_id).count() >= MOST_CATEGORIES:
            raise Refused("name", f"there are {MOST_CATEGORIES} categories already")
        taken = set(HelpCategory.objects.filter(shop_id=shop_id).values_list("slug", flat=True))
        last = HelpCategory.objects.filter(shop_id=shop_id).aggregate(last=Max("place"))["last"] or 0
        row = HelpCategory(shop_id=shop_id, slug=free_slug(next(iter(kept.values())), taken, 60), place=last + 1)
    row.names = {**(row.names or {}), **kept}
    row.save()
    shelf.touch(shop_id)
    return row


def remove_category(shop_id: int, slug: str) -> None:
    """Remove a category; its articles stay without one. Raises NotThere."""
    if not HelpCategory.objects.filter(shop_id=shop_id, slug=slug).delete()[0]:
        raise NotThere(slug)
    shelf.touch(shop_id)


def free_slug(title: str, taken: set[str], longest: int = 80) -> str:
    """Write a title as an address that is not taken; titles in other scripts become "article".

    >>> free_slug("Größe & Farbe?", {"grosse-farbe"})
    'grosse-farbe-2'
    """
    plain = re.sub(r"[^a-z0-9]+", "-", stems.fold(title)).strip("-")[: longest - 8].strip("-") or "article"
    return next(each for n in range(1, len(taken) + 2) if (each := plain if n == 1 else f"{plain}-{n}") not in taken)


def _begin(shop_id: int, title: str, now_us: int) -> Article:
    known = Article.objects.filter(shop_id=shop_id)
    if known.count() >= MOST_ARTICLES:
        raise Refused("title", f"there are {MOST_ARTICLES} articles already")
    plain = free_slug(title, set())
    taken = set(known.filter(slug__startswith=plain).values_list("slug", flat=True)) | _RESERVED
    return Article.objects.create(
        shop_id=shop_id,
        public_id=public_ids.make(now_us),
        slug=free_slug(title, taken),
        created_us=now_us,
        changed_us=now_us,
    )


def _find_anew(article: Article, now_us: int) -> None:
    """A category may have changed: what is live is found by its new name."""
    for text in article.texts.exclude(live=None).select_related("live"):
        assert text.live is not None
        terms = _terms(article, text.live, text.language)
        if terms != text.terms:
            text.terms = terms
            text.save(update_fields=["terms"])
            shelf.touch(article.shop_id)


def _terms(article: Article, version: ArticleVersion, language: str) -> dict[str, float]:
    category = article.category.names.get(language, "") if article.category else ""
    return retrieval.weigh(
        (stems.stems_of(version.title, language), TITLE_WEIGHT),
        (stems.stems_of(category, language), CATEGORY_WEIGHT),
        (stems.stems_of(prose.to_text(version.body), language), 1.0),
    )


def _category(shop_id: int, slug: str) -> HelpCategory | None:
    if not slug:
        return None
    found = HelpCategory.objects.filter(shop_id=shop_id, slug=slug).first()
    if found is None:
        raise Refused("category", "there is no such category")
    return found


def _checked(told: Written) -> tuple[str, str, str]:
    title, language = " ".join(told.title.replace("\x00", "").split()), short_of(told.language)
    body = told.body.replace("\x00", "").replace("\r\n", "\n").strip()
    if not title:
        raise Refused("title", "write the question or the title")
    if len(title) > LONGEST_TITLE:
        raise Refused("title", f"use at most {LONGEST_TITLE} characters")
    if len(body) > LONGEST_BODY:
        raise Refused("body", f"use at most {LONGEST_BODY} characters")
    if not _LANGUAGE.match(language):
        raise Refused("language", "choose a language by its two letters")
    return title, body, language


def _listed(row: Article) -> Listed:
    texts = sorted(row.texts.all(), key=lambda text: (text.live_id is None, text.language != "en", text.language))
    live = [text for text in texts if text.live_id is not None]
    state = "archived" if row.archived_us else row.audience if live else "draft"
    names = row.category.names if row.category else {}
    return Listed(
        row.public_id,
        texts[0].title if texts else "",
        "published" if state == Audience.PUBLIC else state,
        next(iter(names.values()), ""),
        tuple((text.language, text.live_id is not None) for text in texts),
        sum(text.helpful for text in texts),
        sum(text.unhelpful for text in texts),
        row.changed_us,
    )


_RESERVED = {"search", "category", "helpful", "all"}
