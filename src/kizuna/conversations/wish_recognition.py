"""Recognising wishes in messages: what a shop's people taught, the learned model, what it says of a message and why.

Labels are numbers of kinds as text, WISH where the kind is not known, NONE for no wish. The mathematics is
science.wording; when it learns and what follows a proposal is decided in flows.wishes.recognising.
"""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Q

from kizuna.conversations.models import (
    Message,
    Proposal,
    Recogniser,
    ServiceRequest,
    Source,
    WishKind,
    WishProposal,
)
from kizuna.conversations.wish_start_set import EXAMPLES
from kizuna.science import wording
from kizuna.science.wording import Held, TextModel

__all__ = ["Proposal"]

NONE, WISH = "", "wish"
MOST_EXAMPLES = 4_000
KEPT_MODELS = 3
LEAST = 0.5
"""How likely a wish must be to be proposed at all."""


@dataclass(frozen=True, slots=True)
class Example:
    """A text, its label, and whether the shop's own people taught it."""

    text: str
    label: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a message seems to hold: the chance of a wish, of its kind (None: not known), and the words for it."""

    chance: float
    kind_id: int | None
    kind_chance: float
    words: tuple[tuple[str, float], ...]


def list_examples(shop_id: int) -> list[Example]:
    """List what can be learned from: our start set as far as the shop has such kinds, and what its people taught."""
    kinds = WishKind.objects.filter(shop_id=shop_id, archived_at=None)
    by_seed = {seed: str(pk) for pk, seed in kinds.exclude(seed="").values_list("id", "seed")}
    start = [
        Example(text, by_seed.get(seed, WISH) if seed else NONE, False)
        for seed, texts in EXAMPLES.items()
        for text in texts
    ]
    return start + _list_own(shop_id)


def learn(shop_id: int, examples: list[Example], now_us: int) -> Recogniser:
    """Learn a model, measure it on what was held back, and keep it; older ones go."""
    texts, labels = [each.text for each in examples], [each.label for each in examples]
    held = wording.hold_back(texts, labels)
    model = wording.fit(texts, labels)
    figures = {
        "start": _figures([held[place] for place, each in enumerate(examples) if not each.is_own]),
        "own": _figures([held[place] for place, each in enumerate(examples) if each.is_own]),
    }
    kept = Recogniser.objects.create(
        shop_id=shop_id,
        model={
            "labels": model.labels,
            "terms": model.terms,
            "idf": model.idf,
            "weights": model.weights,
            "intercepts": model.intercepts,
        },
        learned_us=now_us,
        examples=sum(each.is_own for each in examples),
        figures=figures,
    )
    newest = Recogniser.objects.filter(shop_id=shop_id).order_by("-id").values_list("id", flat=True)[:KEPT_MODELS]
    Recogniser.objects.filter(shop_id=shop_id).exclude(pk__in=list(newest)).delete()
    return kept


def forget(shop_id: int) -> bool:
    """Forget every learned model: their terms are words of people; whether there was one. It has to learn anew."""
    return Recogniser.objects.filter(shop_id=shop_id).delete()[0] > 0


def find_newest(shop_id: int) -> Recogniser | None:
    """Find the model in use, without the model itself: when it learned and how it did."""
    return Recogniser.objects.filter(shop_id=shop_id).defer("model").order_by("-id").first()


def recognise(shop_id: int, text: str) -> Recognised | None:
    """Say what a text seems to hold; None while nothing was learned yet."""
    newest = Recogniser.objects.filter(shop_id=shop_id).order_by("-id").values_list("id", "learned_us").first()
    if newest is None:
        return None
    model, index = _load(shop_id, *newest)
    verdict = wording.judge(model, text, index)
    chance = 1 - verdict.chances.get(NONE, 0.0)
    likely = {label: value for label, value in verdict.chances.items() if label != NONE}
    best = max(likely, key=lambda label: likely[label], default=WISH)
    alive = best.isdigit() and WishKind.objects.filter(shop_id=shop_id, pk=int(best), archived_at=None).exists()
    return Recognised(chance, int(best) if alive else None, likely.get(best, 0.0), verdict.words)


def note(message: Message, found: Recognised, state: str, wish_id: int | None, now_us: int) -> WishProposal:
    """Keep what was recognised in a message; once per message."""
    return WishProposal.objects.get_or_create(
        message=message,
        defaults={
            "shop_id": message.shop_id,
            "state": state,
            "kind_id": found.kind_id,
            "chance": found.chance,
            "kind_chance": found.kind_chance,
            "words": [list(pair) for pair in found.words],
            "wish_id": wish_id,
            "at_us": now_us,
        },
    )[0]


def decide(
    message: Message, state: str, person_id: int | None, now_us: int, wish_id: int | None = None
) -> WishProposal:
    """Keep what a person made of a message: a wish, or none; also where nothing had been proposed."""
    proposal, _ = WishProposal.objects.get_or_create(
        message=message, defaults={"shop_id": message.shop_id, "state": state, "chance": 0.0, "at_us": now_us}
    )
    proposal.state, proposal.decided_by_id, proposal.decided_us = state, person_id, now_us
    proposal.wish_id = wish_id
    proposal.save()
    return proposal


def list_open(shop_id: int, conversation_id: int) -> list[WishProposal]:
    """List what a conversation's messages seem to hold and nobody has answered, with what was opened by itself."""
    wanted = WishProposal.objects.filter(shop_id=shop_id, message__conversation_id=conversation_id)
    asked = wanted.filter(Q(state=Proposal.PROPOSED) | Q(state=Proposal.OPENED, decided_us=None))
    return list(asked.select_related("message", "kind", "wish").order_by("message__number"))


def list_last(shop_id: int, most: int = 20) -> list[WishProposal]:
    """List what was recognised lately, for the page that explains it."""
    wanted = WishProposal.objects.filter(shop_id=shop_id).exclude(state=Proposal.NOTHING)
    return list(wanted.select_related("message__conversation", "kind", "wish").order_by("-at_us")[:most])


def _list_own(shop_id: int) -> list[Example]:
    """What people said of messages: dismissed ones hold none, those taken up or worked on hold their kind."""
    not_wishes = WishProposal.objects.filter(shop_id=shop_id, state=Proposal.DISMISSED).select_related("message")
    none = [Example(each.message.text, NONE, True) for each in not_wishes.order_by("-decided_us")[: MOST_EXAMPLES // 2]]
    taken = ServiceRequest.objects.filter(shop_id=shop_id)
    taught = taken.exclude(source=Source.MACHINE, understood_us=None).order_by("-forwarded_us")
    held = taught.values_list("text", "kind_id")[: MOST_EXAMPLES // 2]
    return [*none, *(Example(text, WISH if kind_id is None else str(kind_id), True) for text, kind_id in held)]


def _figures(held: list[Held]) -> dict[str, float]:
    """How often what was held back was judged rightly; `usual` is what always saying the commonest would reach."""
    if not held:
        return {"texts": 0}
    wishes = [each for each in held if each.truth != NONE]
    usual = max(len(wishes), len(held) - len(wishes)) / len(held)
    commonest = max(Counter(each.truth for each in wishes).values(), default=0)
    return {
        "texts": len(held),
        "wish_or_not": sum((each.truth == NONE) == (each.said == NONE) for each in held) / len(held),
        "usual": usual,
        "wishes": len(wishes),
        "kind": sum(each.truth == each.said for each in wishes) / len(wishes) if wishes else 0.0,
        "usual_kind": commonest / len(wishes) if wishes else 0.0,
    }


@lru_cache(maxsize=32)
def _load(shop_id: int, number: int, learned_us: int) -> tuple[TextModel, dict[str, int]]:
    """Read a model once per process: a row is never changed, and these three name it."""
    told = Recogniser.objects.values_list("model", flat=True).get(pk=number, shop_id=shop_id, learned_us=learned_us)
    model = TextModel(
        tuple(told["labels"]),
        tuple(told["terms"]),
        tuple(told["idf"]),
        tuple(tuple(row) for row in told["weights"]),
        tuple(told["intercepts"]),
    )
    return model, dict(model.index())
