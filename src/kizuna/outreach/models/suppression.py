"""Addresses that must not be written to, by a keyed hash that outlives the address; soft bounces counted toward it."""

from django.db import models


class Reason(models.TextChoices):
    """Why an address is not written to."""

    HARD_BOUNCE = "hard_bounce", "the address does not exist"
    SOFT_BOUNCES = "soft_bounces", "mail came back again and again"
    COMPLAINT = "complaint", "called a mail spam"
    UNSUBSCRIBED = "unsubscribed", "unsubscribed"
    BY_HAND = "by_hand", "added by hand"
    ERASED = "erased", "asked to be erased"


class Scope(models.TextChoices):
    """What is not sent."""

    ALL = "all", "no mail at all"
    MARKETING = "marketing", "no dialogue or marketing mail"


class Suppression(models.Model):
    """One address, one scope, from one moment until it is lifted."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    address = models.CharField(max_length=254, default="", help_text="lower case; empty once the person is erased")
    address_key = models.CharField(max_length=32, help_text="keyed hash of the address, kept for ever")
    scope = models.CharField(max_length=9, choices=Scope.choices)
    reason = models.CharField(max_length=12, choices=Reason.choices)
    evidence = models.JSONField(default=dict)
    at_us = models.BigIntegerField()
    lifted_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "lifted_us", "-at_us"], name="suppression_of_shop")]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "address_key", "scope"],
                condition=models.Q(lifted_us=None),
                name="one_suppression_per_scope",
            )
        ]


class SoftBounces(models.Model):
    """How often mail to an address came back for a passing reason since it last arrived."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    address_key = models.CharField(max_length=32)
    times = models.IntegerField(default=0)
    first_us = models.BigIntegerField()
    last_us = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "address_key"], name="one_count_of_soft_bounces")]
