"""Dialogue mails: what the company asks, whom, and what became of each; the shop's rules for all of them.

A target is an identity, so that merging and un-merging customers loses nothing; `customer` is a copy for lists, which
flows keep right. The conversation that a mail begins is conversations' and known here by its number.
"""

from django.db import models

from kizuna.tables import public_ids


def working_days() -> list[int]:
    """Monday to Friday, 0 being Monday."""
    return [0, 1, 2, 3, 4]


class Rules(models.Model):
    """What holds for all dialogue mails of a shop: how many a customer gets at most, and when mail may leave."""

    shop = models.OneToOneField("shops.Shop", on_delete=models.CASCADE)
    cap_mails = models.PositiveSmallIntegerField(default=1)
    cap_days = models.PositiveSmallIntegerField(default=30)
    from_minute = models.PositiveSmallIntegerField(default=9 * 60, help_text="of the customer's day")
    until_minute = models.PositiveSmallIntegerField(default=18 * 60)
    weekdays = models.JSONField(default=working_days, help_text="0 is Monday")
    silent_days = models.PositiveSmallIntegerField(
        default=90, help_text="the list of target customers nobody has talked with"
    )


class Purpose(models.TextChoices):
    """What a play is for."""

    ASK = "ask", "Learn what they need"
    STRENGTHEN = "strengthen", "Strengthen: from B to A"


class PlayState(models.TextChoices):
    """How a play stands."""

    DRAFT = "draft", "Draft"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    STOPPED = "stopped", "Stopped"


class Play(models.Model):
    """One dialogue mail: an open question to chosen customers."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.ASK)
    state = models.CharField(max_length=8, choices=PlayState.choices, default=PlayState.DRAFT)
    team_id = models.BigIntegerField(help_text="of conversations: who writes and gets the answers")
    subject = models.CharField(max_length=200)
    text = models.TextField(max_length=5000, help_text="with {{ fields }}")
    who = models.JSONField(default=dict, help_text="outreach.who.Who")
    hold_out = models.FloatField(default=0.2, help_text="share that is not written to, for comparison")
    a_day = models.PositiveIntegerField(default=50, help_text="mails at most on a shop-local day")
    success_days = models.PositiveSmallIntegerField(default=90, help_text="to strengthen: within how many days")
    left_out = models.JSONField(default=dict, help_text="when last chosen: {reason: customers}")
    matching = models.IntegerField(default=0, help_text="when last chosen: customers who matched")
    created_by = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    created_us = models.BigIntegerField()
    changed_us = models.BigIntegerField()
    started_us = models.BigIntegerField(null=True)
    chosen_us = models.BigIntegerField(null=True, help_text="when customers were last chosen")
    ended_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "-created_us"], name="play_by_time")]
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="one_play_per_name")]


class TargetState(models.TextChoices):
    """How it stands with a play and a customer. Held: sendable at that moment, and by lot not written to."""

    WAITING = "waiting"
    SENT = "sent"
    ANSWERED = "answered"
    HELD = "held"
    LEFT_OUT = "left_out"


class Target(models.Model):
    """A customer whom a play means to reach: at most one mail of a play goes to an identity, for ever."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE, related_name="+")
    play = models.ForeignKey(Play, on_delete=models.CASCADE, related_name="targets")
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False, related_name="+")
    customer = models.ForeignKey("customers.Customer", on_delete=models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=TargetState.choices, default=TargetState.WAITING)
    reason = models.CharField(max_length=40, default="", help_text="why left out, in outreach.who's words")
    due_us = models.BigIntegerField(help_text="not before; later where a cap or the hour is in the way")
    chosen_us = models.BigIntegerField()
    decided_us = models.BigIntegerField(null=True, help_text="when written to, or held")
    segment = models.CharField(max_length=1, default="", help_text="at that moment")
    answered_us = models.BigIntegerField(null=True)
    conversation_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["play", "due_us", "id"], condition=models.Q(state="waiting"), name="target_waiting"),
            models.Index(fields=["shop", "identity", "decided_us"], name="target_of_identity"),
            models.Index(fields=["shop", "customer"], name="target_of_customer"),
            models.Index(fields=["play", "state", "-decided_us"], name="target_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["play", "identity"], name="one_target_per_identity"),
            models.UniqueConstraint(
                fields=["conversation_id"],
                condition=models.Q(conversation_id__isnull=False),
                name="one_target_per_conversation",
            ),
        ]


class MailMonth(models.Model):
    """What a shop's mail of a month was used for: sent, to whom with a prior relation, and what came back."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    month = models.IntegerField(help_text="shop-local months since 1970-01")
    figures = models.JSONField(help_text="outreach.usage.Month")
    made_us = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "month"], name="one_row_per_mail_month")]
