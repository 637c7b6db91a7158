"""The simulated shop's knowledge base: written and published through the flow, looked for, voted on.

Repeating it finds what is there.
"""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from django.db import transaction

from kizuna.demo import help_words
from kizuna.demo.company import Company
from kizuna.flows import answers
from kizuna.flows.answers import Audience, Written
from kizuna.knowledge import article_desk, articles
from kizuna.science import periods

if TYPE_CHECKING:
    from datetime import datetime

    from kizuna.shops.models import Person, Shop

WRITTEN_DAYS, ASKED_DAYS = 75, 45
GOOD_SHARE, VOTES = 0.82, 14


@transaction.atomic
def fill(shop: "Shop", company: Company, now: "datetime", seed: int) -> None:
    """Write the articles and let visitors look for them, unless the shop has some."""
    if article_desk.list_all(shop.pk, limit=1):
        return
    rng = np.random.default_rng([seed, 43])
    then = now - timedelta(days=WRITTEN_DAYS)
    slugs = {
        key: answers.save_category(shop, "", dict(names), company.marketer, then).slug
        for key, names in help_words.CATEGORIES.items()
    }
    published = [
        _write(shop, slugs[category], texts, company.marketer, then) for category, texts in help_words.ARTICLES
    ]
    inside = answers.save(shop, Written(*help_words.INTERNAL), company.marketer, then)
    answers.publish(shop, inside.text.article.public_id, "en", Audience.INTERNAL, company.marketer, then)
    answers.save(shop, Written(*help_words.DRAFT), company.operators[0], now - timedelta(days=3))
    for language, words, count in help_words.SEARCHES:
        found = len(articles.search(shop.pk, words, language))
        for days in np.sort(rng.uniform(0, ASKED_DAYS, count))[::-1].tolist():
            answers.note_search(shop, words, language, found, periods.epoch_us(now - timedelta(days=days)))
    for number, article in enumerate(published):
        for voter in range(int(rng.integers(3, VOTES))):
            helped = bool(rng.random() < GOOD_SHARE)
            answers.note_helpful(shop, article, f"demo-reader-{number}-{voter}", helped, now - timedelta(days=1))


def _write(shop: "Shop", category: str, texts: dict[str, tuple[str, str]], person: "Person", now: "datetime") -> UUID:
    """Write and publish an article in each of its languages."""
    article: UUID | None = None
    for language, (title, body) in texts.items():
        made = answers.save(shop, Written(title, body, language, article, category), person, now)
        article = made.text.article.public_id
        answers.publish(shop, article, language, Audience.PUBLIC, person, now)
    assert article is not None
    return article
