"""The settings page of the chat panel: look and words and a preview, who may show it, whom it believes, its queue.

The secret and the write key in the embed code are shown on the one page after they were made (once.py). The rules by
which the panel opens by itself are panel_rules.
"""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations.live import panel, rules
from kizuna.conversations.live.panel import PanelView
from kizuna.flows import shops
from kizuna.flows.live import panels
from kizuna.html import chat_words
from kizuna.shops import sources
from kizuna.shops.tenants import Refused
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.forms import blame
from kizuna.web.console.settings import frame, once, rule_words, snippets

if TYPE_CHECKING:
    from kizuna.shops.models import Shop

WORDS = {
    "title": ("Name at the top", "The shop's name, where it is empty."),
    "greeting": ("Greeting", ""),
    "line": ("The line below it", ""),
    "prompt": ("In the field where one writes", ""),
    "closed": ("When nobody is here", ""),
    "topics": (
        "Topics to choose from",
        "With commas: Returns, Sizes. Whoever has the skill of that name gets it first; write Sizes = fitting"
        " where it has another. Empty: nobody is asked.",
    ),
    "privacy": ("Small print", "What you do with what they write, in a sentence."),
}
SECONDS = {
    "silent_s": ("An operator is silent for", "Seconds. Then the chat goes back to the queue."),
    "longest_wait_s": ("Nobody is passed over after", "Seconds. Then they are next, whatever others are worth."),
    "overflow_wait_s": ("Offer to go on by mail from", "Seconds of expected wait."),
    "wrap_up_s": ("Wrapping up takes", "Seconds between two chats."),
    "away_s": ("An unused console is away after", "Seconds."),
}


_WORN = ("colour", "position", "theme", "words")


class PanelForm(forms.Form):
    """How the panel looks, what it asks, who may show it."""

    is_on = forms.BooleanField(required=False, label="The panel is shown")
    colour = forms.CharField(
        max_length=7, label="Colour of the shop", widget=forms.TextInput({"type": "color"}), help_text="Made readable."
    )
    position = forms.ChoiceField(choices=[("right", "bottom right"), ("left", "bottom left")], label="Where it stands")
    theme = forms.ChoiceField(
        choices=[("auto", "as the visitor's device"), ("light", "always light"), ("dark", "always dark")], label="Light"
    )
    before = forms.ChoiceField(
        choices=[("none", "nothing"), ("optional", "name and e-mail, may be skipped"), ("required", "name and e-mail")],
        label="Asked before a conversation",
    )
    link_preview = forms.BooleanField(
        required=False,
        label="Show a card for links to your own pages",
        help_text="Read by the visitor's own browser; other sites never learn of it.",
    )
    origins = forms.CharField(
        required=False,
        max_length=10_000,
        label="Sites that may show the panel",
        widget=forms.Textarea({"rows": 3, "placeholder": "https://www.your-shop.example"}),
        help_text="One a line. Empty: every site.",
    )
    most_invitations_a_day = forms.IntegerField(
        min_value=0,
        max_value=20,
        label="Invitations per visitor and day",
        help_text="0: the panel never speaks first. Who says no is left alone for a day.",
    )
    holdout_share = forms.FloatField(
        min_value=0,
        max_value=50,
        label="Visitors who are never invited (%)",
        help_text="Chosen by lot. Only against them can it be proved what invitations bring; 10 % is a good share.",
    )

    def view(self, now: PanelView) -> PanelView:
        """Give what was entered, over what is settled now. Raises Refused."""
        told = self.cleaned_data
        lines = [panel.read_origin(line) for line in told["origins"].splitlines() if line.strip()]
        plain = {name: told[name] for name in ("is_on", "position", "theme", "before", "link_preview")}
        return replace(
            now,
            **plain,
            colour=told["colour"].lower(),
            origins=tuple(dict.fromkeys(lines)),
            most_invitations_a_day=told["most_invitations_a_day"],
            holdout_share=round(told["holdout_share"] / 100, 4),
        )


class WordsForm(forms.Form):
    """The shop's own words in one language; an empty one is as the language file says."""

    def __init__(self, code: str, told: Any, initial: dict[str, str]) -> None:
        super().__init__(told, prefix=f"words-{code}", initial=initial)
        self.code = code
        for name, (label, told) in WORDS.items():
            said = "" if name in ("title", "topics", "privacy") else chat_words.say(code, name)
            self.fields[name] = forms.CharField(
                label=label,
                help_text=told,
                required=False,
                max_length=panel.LONGEST_WORDS,
                widget=forms.TextInput({"placeholder": said, "lang": code, "data-word": f"{code} {name}"}),
            )

    def words(self) -> dict[str, str]:
        """Give the words that are the shop's own."""
        return {name: text for name, text in self.cleaned_data.items() if text}


class QueueForm(forms.Form):
    """How long things may take in the queue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, told) in SECONDS.items():
            least, most = panel.SECONDS[name]
            self.fields[name] = forms.IntegerField(label=label, help_text=told, min_value=least, max_value=most)


@shop_page("edit_settings")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Show the settings; a new secret or key is shown once."""
    shown = once.take(request, shop) or {}
    shown = {name: shown[name] for name in ("panel_secret", "panel_key") if name in shown}
    response = _show(request, shop, shown=shown)
    return once.forget(response, shop) if shown else response


@shop_page("edit_settings")
@require_POST
def change(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep how the panel looks and speaks."""
    form = PanelForm(request.POST)
    own = _word_forms(panel.read(shop.pk), request.POST)
    if all([form.is_valid(), *[each.is_valid() for each in own]]):
        try:
            words = {each.code: said for each in own if (said := each.words())}
            changed = panels.change_panel(
                shop, replace(form.view(panel.read(shop.pk)), words=words), request.user, timezone.now()
            )
        except Refused as refusal:
            blame(form, refusal)
        else:
            messages.success(request, "Saved." if changed else "Nothing was different, so nothing changed.")
            return redirect("settings_panel", shop.slug)
    return _show(request, shop, form=form, own=own, status=422)


@shop_page("edit_settings")
@require_POST
def change_queue(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep how long things may take in the queue."""
    form = QueueForm(request.POST)
    if form.is_valid():
        changed = panels.change_panel(
            shop, replace(panel.read(shop.pk), **form.cleaned_data), request.user, timezone.now()
        )
        messages.success(request, "Saved." if changed else "Nothing was different, so nothing changed.")
        return redirect("settings_panel", shop.slug)
    return _show(request, shop, queue=form, status=422)


@shop_page("edit_settings")
@require_POST
def renew(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Make a new secret for signed customers, then show it once."""
    secret = panels.renew_secret(shop, request.user, timezone.now())
    return once.hand_over(shop, reverse("settings_panel", args=[shop.slug]), {"panel_secret": secret})


@shop_page("edit_sources")
@require_POST
def make_key(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Make a source for the panel, then show the embed code with its key once."""
    name = _free_name({each.name for each in sources.list_sources(shop)})
    _, key = shops.create_source(shop, name, sources.BROWSER, request.user, timezone.now())
    return once.hand_over(shop, reverse("settings_panel", args=[shop.slug]), {"panel_key": key})


def _free_name(taken: set[str]) -> str:
    names = ["Chat panel", *(f"Chat panel {number}" for number in range(2, 1000))]
    return next(name for name in names if name not in taken)


def _word_forms(view: PanelView, told: Any = None) -> list[WordsForm]:
    return [WordsForm(code, told, initial=dict(view.words.get(code, {}))) for code in chat_words.list_languages()]


def _show(
    request: ShopRequest,
    shop: "Shop",
    *,
    form: PanelForm | None = None,
    own: list[WordsForm] | None = None,
    queue: QueueForm | None = None,
    shown: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    view = panel.read(shop.pk)
    key = (shown or {}).get("panel_key", snippets.PLACE)
    names = chat_words.list_languages()
    context = {
        "form": form or PanelForm(initial=_values(view)),
        "own": [(names[each.code], each) for each in own or _word_forms(view)],
        "queue": queue or QueueForm(initial={name: getattr(view, name) for name in SECONDS}),
        "rules": [(each, rule_words.describe(each, shop.currency)) for each in rules.list_rules(shop.pk)],
        "shown": shown,
        "has_secret": panel.find_secret(shop.pk) is not None,
        "embed": snippets.write_panel(settings.PUBLIC_URL, key).text,
        "preview": json.dumps({"shop": shop.name, **{name: getattr(view, name) for name in _WORN}}),
    }
    return frame.show(request, "panel", "settings_panel", context, status)


def _values(view: PanelView) -> dict[str, object]:
    names = ("is_on", "colour", "position", "theme", "before", "link_preview", "most_invitations_a_day")
    plain = {name: getattr(view, name) for name in names}
    return {**plain, "origins": "\n".join(view.origins), "holdout_share": f"{view.holdout_share * 100:g}"}
