"""The tables of privileges: what the shop can do, for whom and how much of it a week, and what it promised of it.

That more is promised than can be done is also impossible by a constraint of the database on each week.
"""

from django.db import models

from kizuna.tables import public_ids


class Capability(models.Model):
    """One entry of the catalogue of what the shop can do."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    name = models.CharField(max_length=120)
    what = models.TextField(default="", max_length=2000, help_text="in words for customers")
    unit = models.CharField(max_length=40, default="", help_text="what one is: a piece, a visit, an hour")
    tiers = models.JSONField(default=list, help_text="names of tiers it is for; empty: whatever the tier")
    segments = models.JSONField(default=list, help_text="A to D; empty: whatever the segment")
    regions = models.JSONField(default=list, help_text="countries or places; empty: anywhere")
    per_week = models.PositiveIntegerField(null=True, help_text="how many a week, Monday to Sunday; null: no bound")
    lead_days = models.PositiveSmallIntegerField(default=0, help_text="working days from promise to fulfilment")
    from_day = models.DateField(null=True)
    to_day = models.DateField(null=True, help_text="the last day")
    refusal = models.TextField(default="", max_length=2000, help_text="kind words where it cannot be")
    is_published = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="one_capability_per_name")]


class CapabilityWeek(models.Model):
    """How much of a week is promised already."""

    capability = models.ForeignKey(Capability, on_delete=models.CASCADE, related_name="weeks")
    monday = models.DateField()
    capacity = models.PositiveIntegerField()
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["capability", "monday"], name="one_row_per_week"),
            models.CheckConstraint(
                condition=models.Q(taken__lte=models.F("capacity")), name="never_promise_more_than_can_be_done"
            ),
        ]


class Promise(models.Model):
    """So many units promised for a day, to a wish known by its public id."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    capability = models.ForeignKey(Capability, on_delete=models.PROTECT, related_name="promises")
    wish_ref = models.UUIDField()
    units = models.PositiveIntegerField(default=1)
    day = models.DateField()
    monday = models.DateField()
    made_us = models.BigIntegerField()
    released_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["capability", "monday"], name="promise_of_week")]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "wish_ref"],
                condition=models.Q(released_us=None),
                name="one_promise_in_force_per_wish",
            ),
            models.CheckConstraint(condition=models.Q(units__gte=1), name="promise_of_at_least_one"),
        ]
