"""What is sealed: per shop how far, into which files, and what has changed or was erased since. The row is the commit.

The facts and orders themselves are in tracking and sales; the files are a copy that can be made anew from them.
"""

from django.db import models


class Shelf(models.Model):
    """How far a shop is sealed: ids up to these are in files, later ones are the tail."""

    shop_id = models.BigIntegerField(unique=True)
    fact_upto = models.BigIntegerField(default=0)
    order_upto = models.BigIntegerField(default=0)
    refund_upto = models.BigIntegerField(default=0)
    last_serial = models.BigIntegerField(default=0, help_text="the highest number a file of this shop has had")
    kept_from_us = models.BigIntegerField(null=True, help_text="rows before it were let go; null: everything is kept")
    sealed_us = models.BigIntegerField(null=True, help_text="when something was last sealed")
    rebuilding_stale = models.BigIntegerField(
        null=True, help_text="set while all is sealed anew: corrections up to this row need not be kept after it"
    )


class SegmentState(models.TextChoices):
    """What a segment is to readers."""

    LIVE = "live"
    BUILDING = "building"
    RETIRED = "retired"


class Segment(models.Model):
    """One file of events and one of order lines (none where there is no row), never changed once they are named here.

    Retired ones stay for a while, so that nobody who reads loses them.
    """

    shop_id = models.BigIntegerField()
    serial = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=SegmentState.choices, default=SegmentState.LIVE)
    fact_from = models.BigIntegerField(help_text="ids after this one ...")
    fact_upto = models.BigIntegerField(help_text="... up to this one")
    order_from = models.BigIntegerField()
    order_upto = models.BigIntegerField()
    refund_from = models.BigIntegerField()
    refund_upto = models.BigIntegerField()
    ev_rows = models.BigIntegerField()
    line_rows = models.BigIntegerField()
    ev_bytes = models.BigIntegerField(default=0)
    line_bytes = models.BigIntegerField(default=0)
    first_us = models.BigIntegerField(null=True, help_text="the earliest instant in it; null where it is empty")
    made_us = models.BigIntegerField()
    retired_us = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop_id", "serial"], name="one_segment_per_serial")]


class Stale(models.Model):
    """An order or refund that changed after it was recorded; its sealed row, if there is one, holds no more.

    Written by the flow that changes it, in the same transaction; gone when a segment holds what it says now.
    """

    shop_id = models.BigIntegerField()
    ev_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["shop_id", "ev_id"], name="stale_of_shop")]


class Erased(models.Model):
    """An identity that is to be in no file; `done_us` is set when none holds it, not even a retired one."""

    shop_id = models.BigIntegerField()
    identity_id = models.BigIntegerField()
    asked_us = models.BigIntegerField()
    cleaned_serial = models.BigIntegerField(
        null=True, help_text="segments after this one were written without it, and none before it is live"
    )
    done_us = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop_id", "identity_id"], name="erased_once")]


class CubeFile(models.Model):
    """The base that a shop's cube is rolled up from: a file, and what was reckoned with it. The row is the commit."""

    shop_id = models.BigIntegerField(unique=True)
    name = models.CharField(max_length=60)
    as_of_us = models.BigIntegerField(help_text="the shop's clock when it was made")
    made_us = models.BigIntegerField()
    snapshot_id = models.BigIntegerField(null=True, help_text="the snapshot whose segments customers are shown in")
    rows = models.BigIntegerField()
    bytes = models.BigIntegerField()
    first_day = models.IntegerField(null=True)
    last_day = models.IntegerField(null=True)
    labels = models.JSONField(help_text="per dimension the text of each code")
    retention = models.JSONField(default=dict, help_text="cohorts and survival as flows.retention reckons them")
