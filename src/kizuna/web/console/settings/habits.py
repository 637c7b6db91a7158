"""The settings page of kept answers and macros."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from kizuna.conversations import canned, teams
from kizuna.flows.dialogue import gaps
from kizuna.flows.dialogue import habits as flow
from kizuna.web.console.access import ShopRequest, shop_page
from kizuna.web.console.settings import frame

if TYPE_CHECKING:
    from kizuna.conversations.models import Macro
    from kizuna.shops.models import Shop

WORDS = {
    "reply": "answers with “{}”",
    "note": "notes “{}”",
    "tag": "tags {}",
    "untag": "takes the tag {} off",
    "assign": "assigns it",
    "team": "hands it on",
    "snooze": "lets it rest",
    "close": "closes it",
}
FITTING = {("assign", "me"), ("assign", "nobody"), ("close", ""), ("snooze", "")}
"""Steps that the form can show besides those with words of their own."""


class AnswerForm(forms.Form):
    """A kept answer."""

    title = forms.CharField(max_length=80, label="Title")
    team = forms.ChoiceField(required=False, label="For")
    text = forms.CharField(max_length=canned.LONGEST_TEXT, widget=forms.Textarea({"rows": 6}), label="Text")

    def __init__(self, shop: "Shop", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)
        every = [(str(each.pk), each.name) for each in teams.list_teams(shop.pk, departments=False)]
        field.choices = [("", "every team"), *every]


class MacroForm(forms.Form):
    """A macro: what it does, in this order."""

    name = forms.CharField(max_length=80, label="Name")
    reply = forms.ChoiceField(required=False, label="Answer with")
    note = forms.CharField(required=False, max_length=500, label="Write a note")
    tag = forms.CharField(required=False, max_length=40, label="Add a tag")
    assign = forms.ChoiceField(
        required=False, label="Assign", choices=[("", "leave it"), ("me", "to who runs it"), ("nobody", "to nobody")]
    )
    team = forms.ChoiceField(required=False, label="Hand to")
    after = forms.ChoiceField(
        required=False,
        label="Then",
        choices=[("", "leave it open"), ("close", "close it"), ("snooze", "let it rest until tomorrow")],
    )

    def __init__(self, shop: "Shop", *args: Any, left: Sequence[Sequence[object]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._left = left
        answers, team = self.fields["reply"], self.fields["team"]
        assert isinstance(answers, forms.ChoiceField)
        assert isinstance(team, forms.ChoiceField)
        answers.choices = [("", "no answer"), *((str(each.pk), each.title) for each in canned.list_replies(shop.pk))]
        team.choices = [("", "leave it"), *((str(each.public_id), each.name) for each in teams.list_teams(shop.pk))]

    @staticmethod
    def read(macro: "Macro") -> tuple[dict[str, str], list[list[object]]]:
        """Give what a macro does to the form, and the steps it has no field for, which stay as they are."""
        shown, left = {"name": macro.name}, []
        for step in macro.steps:
            what, told = str(step[0]), str(step[1]) if len(step) > 1 else ""
            field = "after" if what in ("close", "snooze") else what
            fits = field in ("reply", "note", "tag", "team") or (what, told) in FITTING
            if fits and field not in shown:
                shown[field] = what if field == "after" else told
            else:
                left.append(step)
        return shown, left

    def steps(self) -> list[list[object]]:
        """Write what was chosen as steps."""
        told = self.cleaned_data
        steps: list[list[object]] = []
        if told["reply"]:
            steps.append(["reply", int(told["reply"])])
        steps += [[name, told[name]] for name in ("note", "tag", "assign", "team") if told[name]]
        steps += [list(step) for step in self._left]
        if told["after"]:
            steps.append([told["after"]])
        return steps


@shop_page("reach_out")
def show(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """List kept answers and macros."""
    return _show(request, shop, (AnswerForm(shop), MacroForm(shop)))


@shop_page("reach_out")
def edit(request: ShopRequest, shop: "Shop", number: int) -> HttpResponse:
    """Show one kept answer, or store it."""
    try:
        known = canned.get_reply(shop.pk, number)
    except canned.NotThere:
        raise Http404 from None
    if request.method == "POST":
        return _save(request, shop, number)
    form = AnswerForm(shop, initial={"title": known.title, "text": known.text, "team": str(known.team_id or "")})
    return _show(request, shop, (form, MacroForm(shop)), number)


@shop_page("reach_out")
@require_POST
def create(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Keep a new answer."""
    return _save(request, shop, None)


@shop_page("reach_out")
@require_POST
def remove(request: ShopRequest, shop: "Shop", number: int) -> HttpResponse:
    """Remove a kept answer."""
    try:
        flow.remove_reply(shop, number, request.user, timezone.now())
    except canned.NotThere:
        raise Http404 from None
    except canned.Refused as refusal:
        messages.error(request, f"It stays: {refusal.message}.")
    return redirect("settings_habits", shop.slug)


@shop_page("reach_out")
@require_POST
def create_macro(request: ShopRequest, shop: "Shop") -> HttpResponse:
    """Make a macro."""
    return _save_macro(request, shop, MacroForm(shop, request.POST), None)


@shop_page("reach_out")
def edit_macro(request: ShopRequest, shop: "Shop", number: int) -> HttpResponse:
    """Show one macro, or store it; steps that the form has no field for stay."""
    try:
        shown, left = MacroForm.read(canned.get_macro(shop.pk, number))
    except canned.NotThere:
        raise Http404 from None
    if request.method == "POST":
        return _save_macro(request, shop, MacroForm(shop, request.POST, left=left), number)
    return _show(request, shop, (AnswerForm(shop), MacroForm(shop, initial=shown)), macro=number)


def _save_macro(request: ShopRequest, shop: "Shop", form: MacroForm, number: int | None) -> HttpResponse:
    if form.is_valid():
        try:
            flow.save_macro(shop, number, form.cleaned_data["name"], form.steps(), request.user, timezone.now())
        except canned.Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, f"The macro “{form.cleaned_data['name']}” is kept.")
            return redirect("settings_habits", shop.slug)
    return _show(request, shop, (AnswerForm(shop), form), macro=number, status=422)


@shop_page("reach_out")
@require_POST
def remove_macro(request: ShopRequest, shop: "Shop", number: int) -> HttpResponse:
    """Remove a macro."""
    try:
        flow.remove_macro(shop, number, request.user, timezone.now())
    except canned.NotThere:
        raise Http404 from None
    return redirect("settings_habits", shop.slug)


def _save(request: ShopRequest, shop: "Shop", number: int | None) -> HttpResponse:
    form = AnswerForm(shop, request.POST)
    if form.is_valid():
        told = (form.cleaned_data["title"], form.cleaned_data["text"], int(form.cleaned_data["team"] or 0) or None)
        try:
            flow.save_reply(shop, number, told, request.user, timezone.now())
        except canned.Refused as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, f"“{told[0]}” is kept.")
            return redirect("settings_habits", shop.slug)
    return _show(request, shop, (form, MacroForm(shop)), number, status=422)


def _show(
    request: ShopRequest,
    shop: "Shop",
    forms_shown: tuple[AnswerForm, MacroForm],
    number: int | None = None,
    *,
    macro: int | None = None,
    status: int = 200,
) -> HttpResponse:
    answers = canned.list_replies(shop.pk)
    titles = {each.pk: each.title for each in answers}
    context = {
        "answers": answers,
        "macros": [(each, tell(each, titles)) for each in canned.list_macros(shop.pk)],
        "answer_form": forms_shown[0],
        "macro_form": forms_shown[1],
        "number": number,
        "macro_number": macro,
        "gaps": gaps.NAMES.items(),
    }
    return frame.show(request, "habits", "settings_habits", context, status)


def tell(macro: "Macro", titles: dict[int, str]) -> str:
    """Say what a macro does; the titles of kept answers by number."""
    parts = []
    for step in macro.steps:
        told = step[1] if len(step) > 1 else ""
        said = titles.get(int(told), "an answer that is gone") if step[0] == "reply" else told
        parts.append(WORDS[step[0]].format(said))
    return ", ".join(parts)
