"""How far each relationship has come and what was put into it: stages with their moves, investments, referrals.

Stages are reckoned from facts (science.stages) and may be rebuilt at any time; investments and referrals are kept under
an identity, so that merge and un-merge lose nothing.
"""

from django.db import models


class StageStanding(models.Model):
    """The stage of one customer for lists; who has no row is known and at stage 0."""

    customer = models.OneToOneField("customers.Customer", on_delete=models.CASCADE, primary_key=True)
    shop_id = models.BigIntegerField()
    stage = models.SmallIntegerField(default=0, help_text="of the present cycle")
    highest = models.SmallIntegerField(default=0, help_text="ever reached; never falls")
    cycles = models.IntegerField(default=0)
    depth = models.SmallIntegerField(default=0, help_text="of the dialogue, 0 to 5")
    since_us = models.BigIntegerField(null=True, help_text="when the highest stage was reached")
    last_act_us = models.BigIntegerField(null=True, help_text="when they last came, bought or wrote")
    last_talk_us = models.BigIntegerField(null=True, help_text="the last message either way")
    dormant = models.BooleanField(default=False)
    dormant_since_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["shop_id", "highest", "-since_us", "customer"], name="stage_by_highest"),
            models.Index(fields=["shop_id", "depth", "customer"], name="stage_by_depth"),
        ]


class StageMove(models.Model):
    """One step of a customer's relationship, with the fact that caused it."""

    shop_id = models.BigIntegerField()
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, db_index=False)
    number = models.IntegerField(help_text="1, 2, 3 ... of the customer")
    at_us = models.BigIntegerField()
    cycle = models.IntegerField()
    from_stage = models.SmallIntegerField()
    to_stage = models.SmallIntegerField()
    cause = models.CharField(max_length=12, help_text="science.stages.Act")
    cause_us = models.BigIntegerField(help_text="earlier than at_us where an earlier referral came to count")
    cause_ref = models.CharField(max_length=120, default="")
    channel = models.CharField(max_length=12, default="")
    wish = models.CharField(max_length=40, default="", help_text="public id of the wish concerned")
    via_portal = models.BooleanField(default=False)
    rate_before = models.FloatField(null=True, help_text="contacts in 30 days before the fulfilled wish")
    rate_after = models.FloatField(null=True, help_text="and after it")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "number"], name="one_stage_move_per_number")]
        indexes = [models.Index(fields=["shop_id", "to_stage", "-at_us"], name="stage_move_by_time")]


class InvestmentTerms(models.Model):
    """What a shop reckons that an hour and a contact cost it, and what it means to invest in a segment."""

    shop = models.OneToOneField("shops.Shop", on_delete=models.CASCADE, primary_key=True)
    hour_minor = models.BigIntegerField(help_text="an operator's hour")
    channel_minor = models.JSONField(help_text="per contact, by channel, in minor units")
    budgets = models.JSONField(default=dict, help_text="per segment and calendar month, in minor units")
    landing_url = models.CharField(max_length=300, default="", help_text="where an invitation leads")
    winning_minor = models.JSONField(default=dict, help_text="what one new customer costs, by source, in minor units")
    changed_at = models.DateTimeField()


class InvestmentKind(models.TextChoices):
    """What was put into a relationship."""

    MINUTES = "minutes", "time of people"
    CHANNEL = "channel", "messages and calls"
    GOODS = "goods", "goods"
    DISCOUNT = "discount", "discounts on request"
    PROMOTION = "promotion", "promotion"


class Investment(models.Model):
    """One expense for one customer, booked once per source; never a cost in net profit (model, section 3)."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE, db_index=False)
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False, db_index=False)
    kind = models.CharField(max_length=9, choices=InvestmentKind.choices)
    channel = models.CharField(max_length=10, default="")
    amount_minor = models.BigIntegerField()
    minutes = models.FloatField(default=0.0)
    at_us = models.BigIntegerField()
    source_kind = models.CharField(max_length=20, help_text="message, sitting, wish, order, correction ...")
    source_ref = models.CharField(max_length=100)
    conversation_id = models.BigIntegerField(null=True)
    wish_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    corrected_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "source_kind", "source_ref"], name="one_investment_per_source")
        ]
        indexes = [
            models.Index(fields=["shop", "identity", "at_us"], name="investment_of_identity"),
            models.Index(fields=["shop", "at_us"], name="investment_by_time"),
            models.Index(fields=["shop", "conversation_id"], name="investment_of_conversation"),
            models.Index(fields=["shop", "wish_id"], name="investment_of_wish"),
        ]


class ReferralCode(models.Model):
    """What a customer gives to friends: one code per identity, unguessable, the same for ever."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    identity = models.OneToOneField("customers.Identity", on_delete=models.CASCADE, db_constraint=False)
    code = models.CharField(max_length=16, unique=True)
    made_us = models.BigIntegerField()


class Referral(models.Model):
    """Somebody who came by a code; attributed when they are new and buy for the first time."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE, db_index=False)
    code = models.ForeignKey(ReferralCode, on_delete=models.CASCADE, related_name="referrals")
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False)
    followed_us = models.BigIntegerField()
    order_ref = models.CharField(max_length=100, default="", help_text="their first order; empty: none yet")
    attributed_us = models.BigIntegerField(null=True, help_text="when that order was placed")
    cost_minor = models.BigIntegerField(default=0, help_text="what was paid for the promotion")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "identity"], name="one_referral_per_visitor")]
        indexes = [models.Index(fields=["shop", "-followed_us"], name="referral_by_time")]


class KeptReport(models.Model):
    """What a job reckoned for a page, kept until the next: named, dated, as JSON."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    name = models.CharField(max_length=40)
    as_of_us = models.BigIntegerField()
    made_at = models.DateTimeField()
    body = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="one_report_per_name")]
