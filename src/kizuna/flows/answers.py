"""The knowledge base at work: writing and publishing answers, finding them, and learning what nobody has answered.

Every change is in the audit log with who made it. The panel, the help pages and the operator's desk call this flow.
"""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from kizuna.flows import suggestions
from kizuna.flows.suggestions import Suggestion
from kizuna.knowledge import article_desk, articles, asked, shelf
from kizuna.knowledge.article_desk import Written
from kizuna.knowledge.articles import Audience, Hit, NotThere
from kizuna.knowledge.asked import AskedOn
from kizuna.science import periods
from kizuna.shops import audit, sources
from kizuna.shops.tenants import Refused

if TYPE_CHECKING:
    from kizuna.knowledge.models import Article, ArticleText, ArticleVersion, HelpCategory
    from kizuna.shops.models import Person, Shop

__all__ = ["AskedOn", "Audience", "NotThere", "Refused", "Suggestion", "Written", "suggest"]

suggest = suggestions.suggest
HELP_SOURCE = "Help pages"


@transaction.atomic
def save(shop: "Shop", told: Written, person: "Person | None", now: datetime) -> "ArticleVersion":
    """Keep what was written as a new version; nobody else reads it yet. Raises Refused, NotThere."""
    made = article_desk.save(shop.pk, told, person.pk if person else None, periods.epoch_us(now))
    after = {"language": made.text.language, "version": made.number}
    audit.record(shop, person, "article_saved", f"article {made.title}", None, after, now)
    return made


@transaction.atomic
def publish(
    shop: "Shop", article: UUID, language: str, audience: str, person: "Person | None", now: datetime
) -> "ArticleText":
    """Let everybody, or only us, read the newest version. Raises Refused, NotThere."""
    text = article_desk.publish(shop.pk, article, language, audience, periods.epoch_us(now))
    if audience == Audience.PUBLIC and not shelf.panel_key(shop.pk):
        shelf.keep_panel_key(shop.pk, _make_panel_key(shop, person, now))
    after = {"language": text.language, "audience": audience}
    audit.record(shop, person, "article_published", f"article {text.title}", None, after, now)
    return text


@transaction.atomic
def archive(shop: "Shop", article: UUID, person: "Person | None", now: datetime) -> "Article":
    """Take an article away from everybody's eyes; its versions stay. Raises NotThere."""
    row = article_desk.archive(shop.pk, article, periods.epoch_us(now))
    audit.record(shop, person, "article_archived", f"article {row.slug}", None, None, now)
    return row


@transaction.atomic
def save_category(
    shop: "Shop", slug: str, names: dict[str, str], person: "Person | None", now: datetime
) -> "HelpCategory":
    """Make a category, or name one anew. Raises Refused."""
    row = article_desk.save_category(shop.pk, slug, names)
    audit.record(shop, person, "help_category_saved", f"help category {row.slug}", None, {"names": row.names}, now)
    return row


@transaction.atomic
def remove_category(shop: "Shop", slug: str, person: "Person | None", now: datetime) -> None:
    """Remove a category; its articles stay. Raises NotThere."""
    article_desk.remove_category(shop.pk, slug)
    audit.record(shop, person, "help_category_removed", f"help category {slug}", None, None, now)


def search(shop: "Shop", words: str, language: str, now: datetime, on: str = AskedOn.PANEL) -> list[Hit]:
    """Find published answers for a visitor, and note the question for the report of gaps."""
    found = articles.search(shop.pk, words, language)
    note_search(shop, words, language, len(found), periods.epoch_us(now), on)
    return found


@transaction.atomic
def note_search(shop: "Shop", words: str, language: str, found: int, at_us: int, on: str = AskedOn.PANEL) -> None:
    """Note a question and how many articles answered it; who asked is not kept."""
    asked.note(shop.pk, words, language, found, at_us, on)


@transaction.atomic
def note_helpful(
    shop: "Shop", article: UUID | str, visitor_key: str, helpful: bool, now: datetime, language: str = "en"
) -> tuple[int, int]:
    """Note whether a published article helped a visitor; one voice each. Returns (yes, no). Raises NotThere."""
    found = articles.get_public(shop.pk, article, language)
    return asked.vote(shop.pk, found.text_id, visitor_key, helpful, periods.epoch_us(now))


def _make_panel_key(shop: "Shop", person: "Person | None", now: datetime) -> str:
    """The help pages show the panel as any page of the shop does: with the write key of a source of their own."""
    taken = {source.name for source in sources.list_sources(shop)}
    name = next(
        each for n in range(1, len(taken) + 2) if (each := HELP_SOURCE if n == 1 else f"{HELP_SOURCE} {n}") not in taken
    )
    source, key = sources.create_source(shop, name, sources.BROWSER)
    audit.record(shop, person, "source_created", f"source {source.name}", None, {"kind": source.kind}, now)
    return key
