"""What customers of the simulated year say of their own accord, and the answers they get: mails, calls, letters,
reviews, wishes, complaints, praise, referrals. Newsletters and what machines answer to them are simulator_mail.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kizuna.demo import words
from kizuna.demo.simulator_calendar import DAYS, Floats
from kizuna.demo.simulator_sales import DAY_US, HOUR_US
from kizuna.demo.simulator_world import Event, World

_REVIEW_SHARE, _SURVEY_SHARE, _COMPLAINT_SHARE, _REFERRED_SHARE = 0.07, 0.04, 0.02, 0.06
_STARS = (2, 3, 4, 5)
_STAR_SHARES = (0.05, 0.10, 0.28, 0.57)


def add_voice(world: World, rng: np.random.Generator) -> None:
    """Let customers speak while they are customers: the engaged ones more."""
    engaged = world.truth.engagement * 2.5
    for customer, at_us in _moments(world, 0.9 * engaged, rng):
        subject, text = _pick(words.QUESTIONS, rng)
        _say(world, (customer, at_us, "Email Received"), subject=subject, text=text, machine=False)
        if rng.random() < 0.9:
            answer_us = at_us + int(rng.exponential(9.0) * HOUR_US) + HOUR_US // 4
            _say(world, (customer, answer_us, "Email Sent"), subject=f"Re: {subject}", email_id=f"A{customer}-{at_us}")
            if rng.random() < 0.4:
                again_us = answer_us + int(rng.exponential(14.0) * HOUR_US)
                _say(
                    world,
                    (customer, again_us, "Email Received"),
                    subject=f"Re: {subject}",
                    text=_pick(words.PRAISE, rng),
                )
    _add_calls_and_letters(world, engaged, rng)
    for name, yearly, texts in (
        ("Praise Given", 0.10, words.PRAISE),
        ("Suggestion Made", 0.06, words.SUGGESTIONS),
    ):
        for customer, at_us in _moments(world, yearly * engaged, rng):
            _say(world, (customer, at_us, name), text=_pick(texts, rng))
    for customer, at_us in _moments(world, 0.10 * engaged, rng):
        text, sku = _pick(words.WISHES, rng)
        _say(world, (customer, at_us, "Wish Expressed"), text=text, about=sku)
    for customer, at_us in _moments(world, 0.08 * engaged, rng):
        topic, value = _pick(words.PREFERENCES, rng)
        _say(world, (customer, at_us, "Preference Stated"), topic=topic, value=value)


def add_after_orders(world: World, rng: np.random.Generator) -> None:
    """What follows an order: reviews, survey answers, and complaints where something went wrong."""
    for purchase in world.purchases:
        chances, days = rng.random(3), rng.uniform(4, 25, 3)
        at_us = [purchase.at_us + int(day * DAY_US) for day in days]
        if chances[0] < _REVIEW_SHARE:
            product = purchase.lines[0][0]
            stars = int(rng.choice(_STARS, p=_STAR_SHARES))
            body = _pick(words.REVIEWS[stars], rng)
            review = {"product_id": product.sku, "review_id": f"{purchase.number}-V", "rating": stars}
            _say(world, (purchase.customer, at_us[0], "Product Reviewed"), review_body=body, **review)
        if chances[1] < _SURVEY_SHARE:
            answer = {"question": words.SURVEY, "score": int(np.clip(rng.normal(8.3, 1.7), 0, 10))}
            _say(world, (purchase.customer, at_us[1], "Survey Answered"), survey_id="after-order", **answer)
        if chances[2] < _COMPLAINT_SHARE:
            text = _pick(words.COMPLAINTS, rng)
            _say(world, (purchase.customer, at_us[2], "Complaint Made"), text=text, order_id=purchase.number)


def add_referrals(world: World, rng: np.random.Generator) -> None:
    """Some newcomers come because a customer told them; the customer's recommendation is a fact, the rest is truth."""
    truth = world.truth
    began = np.where(truth.orders > 0, truth.first_day, np.inf)
    for customer in np.flatnonzero(rng.random(len(began)) < _REFERRED_SHARE).tolist():
        day = truth.first_day[customer]
        could = np.flatnonzero((began < day - 10) & (truth.alive_until > day) & ~truth.is_guest)
        if not len(could):
            continue
        weight = truth.engagement[could]
        giver = int(rng.choice(could, p=weight / weight.sum()))
        truth.referred_by[customer] = giver
        at_us = int(world.calendar.midnights[max(int(day) - 2, 0)] + rng.uniform(9, 21) * HOUR_US)
        recipient = world.people[customer].email
        _say(world, (giver, at_us, "Customer Referred"), recipient=recipient, share_via="e-mail")


def _add_calls_and_letters(world: World, engaged: Floats, rng: np.random.Generator) -> None:
    for name, yearly, texts in (
        ("Phone Call Received", 0.16, words.CALLS),
        ("Phone Call Made", 0.05, words.CALLS_MADE),
    ):
        for customer, at_us in _moments(world, yearly * engaged, rng):
            note, outcome = _pick(texts, rng)
            minutes = round(float(rng.gamma(2.0, 2.2)) + 0.5, 1)
            _say(world, (customer, at_us, name), subject=note, outcome=outcome, minutes=minutes)
    for name, yearly, subjects in (
        ("Letter Received", 0.035, words.LETTERS),
        ("Letter Sent", 0.05, words.LETTERS_SENT),
    ):
        for customer, at_us in _moments(world, yearly * engaged, rng):
            _say(world, (customer, at_us, name), subject=_pick(subjects, rng))


def _moments(world: World, yearly: Floats, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Moments of a Poisson process with a yearly rate for each customer with an account, while they are customers."""
    truth = world.truth
    began = np.minimum(truth.first_day + 3.0, float(DAYS))
    ended = np.clip(truth.alive_until, began, DAYS)
    speaks = (truth.orders > 0) & ~truth.is_guest
    counts = rng.poisson(yearly * speaks * (ended - began) / DAYS)
    whose = np.repeat(np.arange(len(counts)), counts)
    at_us = world.calendar.instants(rng.uniform(began[whose], ended[whose]), rng)
    return list(zip(whose.tolist(), at_us.tolist(), strict=True))


def _say(world: World, what: tuple[int, int, str], **said: Any) -> None:
    """A voice is known by its account: what guests say cannot be told from what strangers say."""
    customer, at_us, name = what
    user = world.user_of(customer)
    if user is not None and at_us <= world.plan.now_us:
        world.events.append(Event(at_us, "track", name, user, properties=said))


def _pick[T](choices: Sequence[T], rng: np.random.Generator) -> T:
    return choices[int(rng.integers(len(choices)))]
