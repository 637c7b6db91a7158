"""Tiers of privileges: what the owner gives to customers of which segments, and which tier each customer holds.

A tier is a level, 3 nearest to the shop, 1 everybody. Who holds level 1 needs no row.
"""

from django.db import models


class Tier(models.Model):
    """What the owner settled for one level; levels without a row are as privileges.tiers sets them out."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    level = models.PositiveSmallIntegerField(help_text="3 nearest, 1 everybody")
    name = models.CharField(max_length=60, help_text="what customers read")
    segments = models.JSONField(default=list, help_text='of the portfolio, such as ["A"]; never shown to customers')
    sees = models.JSONField(default=list, help_text="names of what its customers find on the premium site")
    promise = models.TextField(default="", max_length=500, help_text="what customers of this tier may count on")
    earned_by = models.TextField(default="", max_length=500, help_text="what earns it, in words")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "level"], name="one_tier_per_level")]


class HeldTier(models.Model):
    """The tier above level 1 that a customer holds; `lower_*` while their place alone would no longer give it."""

    customer = models.OneToOneField("customers.Customer", on_delete=models.CASCADE, primary_key=True)
    shop_id = models.BigIntegerField()
    level = models.PositiveSmallIntegerField()
    since_us = models.BigIntegerField()
    lower_level = models.PositiveSmallIntegerField(null=True)
    lower_since_us = models.BigIntegerField(null=True)
    falls_us = models.BigIntegerField(null=True, help_text="when the grace period is over")

    class Meta:
        indexes = [
            models.Index(fields=["shop_id", "level", "customer"], name="held_tier_by_level"),
            models.Index(fields=["shop_id", "falls_us"], name="held_tier_falling"),
        ]
