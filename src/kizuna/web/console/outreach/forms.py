"""The forms of dialogue mails: what is asked and whom, the rules for all of them, a mail to one customer."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django import forms

from kizuna.conversations import teams
from kizuna.outreach import letters, plays
from kizuna.outreach.hours import Cap, Window
from kizuna.outreach.plays import PlayDraft, Purpose, RulesDraft
from kizuna.outreach.who import MOST_DAYS, TOPICS, Who
from kizuna.relationships import lists
from kizuna.web.console.outreach import words
from kizuna.web.console.pages.words import SEGMENTS

if TYPE_CHECKING:
    from kizuna.conversations.models import Team
    from kizuna.outreach.models import Play
    from kizuna.shops.models import Shop

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DEFAULT = "default"
STAGES = (
    "0 · known",
    "1 · forwarding wishes",
    "2 · learning",
    "3 · commitment",
    "4 · retention",
    "5 · buzz",
)


class PlayForm(forms.Form):
    """One dialogue mail."""

    name = forms.CharField(label="Name", max_length=80, help_text="For yourselves; customers never see it.")
    purpose = forms.ChoiceField(label="What it is for", choices=Purpose.choices)
    segments = forms.MultipleChoiceField(
        label="Segments",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(letter, f"{letter} · {SEGMENTS[letter].name}") for letter in "ABCD"],
    )
    stages = forms.MultipleChoiceField(
        label="Stages",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(str(number), words) for number, words in enumerate(STAGES)],
        help_text="None chosen: whatever the stage.",
    )
    silent_days = forms.IntegerField(label="Not talked with for days", required=False, min_value=1, max_value=MOST_DAYS)
    needs_days = forms.IntegerField(
        label="Needs not renewed for days", required=False, min_value=1, max_value=MOST_DAYS
    )
    language = forms.CharField(label="Language", required=False, max_length=20, help_text="Such as de or en.")
    country = forms.ChoiceField(label="Country", required=False)
    tag = forms.CharField(label="Tag", required=False, max_length=40)
    topic = forms.ChoiceField(
        label="What it is about",
        required=False,
        choices=[("", "No topic: for everybody"), *((key, words.sentence(told)[:-1]) for key, told in TOPICS.items())],
        help_text="Customers who chose topics on the premium site get only what is about those.",
    )
    team = forms.ChoiceField(label="From", help_text="This team gets the answers.")
    subject = forms.CharField(label="Subject", max_length=200)
    text = forms.CharField(label="Your question", max_length=5000, widget=forms.Textarea({"rows": 14}))
    hold_out = forms.IntegerField(
        label="Not written to, per cent",
        min_value=0,
        max_value=50,
        help_text="Drawn by lot, so that you see what the mail did.",
    )
    a_day = forms.IntegerField(label="At most a day", min_value=1, help_text="As many as your team can answer well.")
    success_days = forms.IntegerField(
        label="Strengthened within days", min_value=7, max_value=730, help_text="From B to A."
    )

    def __init__(self, shop: "Shop", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._teams = _offer_teams(self, shop)
        countries = lists.list_countries(shop.pk)
        _offer(self, "country", [("", "Every country"), *((each, each) for each in countries)])

    @property
    def chosen_team(self) -> "Team | None":
        """The team chosen; None: the default team, which the flow makes."""
        return self._teams.get(self.cleaned_data["team"])

    def draft(self) -> PlayDraft:
        """What the form says, once it is valid."""
        said = self.cleaned_data
        return PlayDraft(
            name=said["name"],
            team_id=self.chosen_team.pk if self.chosen_team else plays.DEFAULT_TEAM,
            subject=said["subject"],
            text=said["text"],
            who=read_who(said),
            purpose=said["purpose"],
            hold_out=said["hold_out"] / 100,
            a_day=said["a_day"],
            success_days=said["success_days"],
        )

    def blame(self, refusal: plays.Refused) -> None:
        """Show a refusal beside the field it blames."""
        self.add_error(refusal.field if refusal.field in self.fields else None, words.sentence(refusal.message))


class RulesForm(forms.Form):
    """What holds for all dialogue mails."""

    cap_mails = forms.IntegerField(label="At most mails", min_value=1, max_value=30)
    cap_days = forms.IntegerField(label="within days", min_value=1, max_value=365)
    from_time = forms.TimeField(label="Not before", widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    until_time = forms.TimeField(
        label="Not after", widget=forms.TimeInput({"type": "time"}, format="%H:%M"), help_text="00:00 is midnight."
    )
    weekdays = forms.MultipleChoiceField(
        label="On", widget=forms.CheckboxSelectMultiple, choices=[(str(n), day) for n, day in enumerate(WEEKDAYS)]
    )
    silent_days = forms.IntegerField(
        label="Silent after days",
        min_value=1,
        max_value=MOST_DAYS,
        help_text="From then on a customer of segment A or B stands in the list “Not talked with”.",
    )

    def draft(self) -> RulesDraft:
        """What the form says, once it is valid."""
        said = self.cleaned_data
        begins, ends = (said[name].hour * 60 + said[name].minute for name in ("from_time", "until_time"))
        days = frozenset(int(each) for each in said["weekdays"])
        return RulesDraft(
            Cap(said["cap_mails"], said["cap_days"]), Window(begins, ends or 24 * 60, days), said["silent_days"]
        )


class WriteForm(forms.Form):
    """A mail to one customer, begun by a person."""

    team = forms.ChoiceField(label="From")
    subject = forms.CharField(label="Subject", max_length=200)
    text = forms.CharField(label="Your mail", max_length=5000, widget=forms.Textarea({"rows": 12}))
    token = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, shop: "Shop", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._teams = _offer_teams(self, shop)

    @property
    def chosen_team(self) -> "Team | None":
        """The team chosen; None: the default team, which the flow makes."""
        return self._teams.get(self.cleaned_data["team"])

    def clean(self) -> dict[str, Any]:
        """A letter to one person has no open fields any more."""
        said = super().clean() or self.cleaned_data
        for name in ("subject", "text"):
            if letters.FIELD.search(said.get(name, "")):
                self.add_error(name, "Fill in what stands in braces.")
        return said


def read_who(said: Mapping[str, Any]) -> Who:
    """Read whom a valid form means."""
    return Who(
        segments=tuple(said["segments"]),
        stages=tuple(int(each) for each in said["stages"]),
        silent_days=said["silent_days"],
        needs_days=said["needs_days"],
        language=said["language"].strip(),
        country=said["country"],
        tag=said["tag"].strip(),
        topic=said["topic"],
    )


def play_initial(play: "Play") -> dict[str, Any]:
    """Give a play's words to its form."""
    wanted = plays.who_of(play)
    return {
        "name": play.name,
        "purpose": play.purpose,
        **who_initial(wanted),
        "subject": play.subject,
        "text": play.text,
        "hold_out": round(play.hold_out * 100),
        "a_day": play.a_day,
        "success_days": play.success_days,
    }


def who_initial(wanted: Who) -> dict[str, Any]:
    """Give whom a play means to its form."""
    return {**wanted.stored(), "stages": [str(each) for each in wanted.stages]}


def team_key(team: "Team") -> str:
    """Name a team in a form."""
    return DEFAULT if team.is_default else str(team.public_id)


def _offer_teams(form: forms.Form, shop: "Shop") -> "dict[str, Team]":
    """Offer the teams that write; the default one can be chosen before it is made."""
    known = {team_key(team): team for team in teams.list_teams(shop.pk, departments=False)}
    _offer(form, "team", [(key, team.name) for key, team in known.items()] or [(DEFAULT, teams.DEFAULT_NAME)])
    return known


def _offer(form: forms.Form, name: str, choices: Sequence[tuple[str, str]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)
