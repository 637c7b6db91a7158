"""The index of a shop's published articles in one language, kept in memory and made anew when the shelf changed.

Every process looks at one small row per search; the stems of an article are kept with it, so that making an index
of thousands is reading them.
"""

import secrets
import threading
from collections import OrderedDict

from kizuna.knowledge.models import Article, ArticleText, Audience, HelpShelf
from kizuna.science import retrieval
from kizuna.science.retrieval import Index

MOST_KEPT = 64
_kept: OrderedDict[tuple[int, str, str], tuple[int, Index]] = OrderedDict()
_lock = threading.Lock()


def touch(shop_id: int) -> None:
    """Note that what can be found has changed."""
    HelpShelf.objects.update_or_create(shop_id=shop_id, defaults={"stamp": secrets.randbits(62)})


def panel_key(shop_id: int) -> str:
    """Give the write key with which the help pages show the panel; empty where none was made."""
    row = HelpShelf.objects.filter(shop_id=shop_id).first()
    return "" if row is None else row.panel_key


def keep_panel_key(shop_id: int, key: str) -> None:
    """Keep the write key of the help pages, for everybody to see."""
    HelpShelf.objects.filter(shop_id=shop_id).update(panel_key=key)


def find_index(shop_id: int, language: str, audience: str) -> Index | None:
    """Give the index of a language for the public, or for us: then internal articles are in it too."""
    row = HelpShelf.objects.filter(shop_id=shop_id).first()
    if row is None:
        return None
    key = (shop_id, language, audience)
    with _lock:
        held = _kept.get(key)
        if held is not None and held[0] == row.stamp:
            _kept.move_to_end(key)
            return held[1]
    made = retrieval.build(_terms(shop_id, language, audience))
    with _lock:
        _kept[key] = (row.stamp, made)
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


def _terms(shop_id: int, language: str, audience: str) -> dict[int, dict[str, float]]:
    shown = Article.objects.filter(shop_id=shop_id, archived_us=None)
    if audience == Audience.PUBLIC:
        shown = shown.filter(audience=Audience.PUBLIC)
    rows = ArticleText.objects.filter(shop_id=shop_id, language=language, article__in=shown).exclude(live=None)
    return dict(rows.values_list("id", "terms"))
