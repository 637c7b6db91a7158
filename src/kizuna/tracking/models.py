"""What happened: the journal of facts, visits, what the debugger shows, and how far the inbox is read.

The raw inbox itself (what capture acknowledged) is append-only and lives in tracking.inbox, in a file of its own
under SQLite. Orders have their own tables in sales; the journal keeps the event that carried them.
"""

from django.db import models


class InboxRow(models.Model):
    """A request as capture stored it, where the database is PostgreSQL (SQLite uses a file; see tracking.inbox)."""

    source_id = models.BigIntegerField()
    received_us = models.BigIntegerField()
    call = models.CharField(max_length=10)
    body = models.BinaryField()


class Cursor(models.Model):
    """How far a reader has come; moved in the same transaction as what it wrote."""

    name = models.CharField(max_length=40, unique=True)
    position = models.BigIntegerField(default=0)
    part = models.IntegerField(default=0, help_text="events already taken of the request after position")


class Channel(models.IntegerChoices):
    """Where a fact took place (model, section 1)."""

    WEB = 1, "web"
    EMAIL = 2, "e-mail"
    CHAT = 3, "chat"
    PHONE = 4, "phone"
    FAX = 5, "fax"
    POST = 6, "post"
    IN_PERSON = 7, "in person"


class Direction(models.IntegerChoices):
    """From the customer, or from the shop."""

    IN = 1, "in"
    OUT = 2, "out"


class About(models.IntegerChoices):
    """The three kinds of information of model, section 1."""

    OF = 1, "of the customer"
    FOR = 2, "for the customer"
    BY = 3, "by the customer"


class Fact(models.Model):
    """One stored fact; belongs to the strongest identity it carries and is never changed."""

    public_id = models.UUIDField(help_text="UUIDv7")
    shop_id = models.BigIntegerField()
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False, db_index=False)
    visitor_id = models.BigIntegerField(null=True, help_text="of page activity: the visitor key whose visit it is")
    source_id = models.BigIntegerField()
    happened_us = models.BigIntegerField()
    received_us = models.BigIntegerField()
    day = models.IntegerField(help_text="shop-local days since 1970-01-01")
    month = models.IntegerField(help_text="shop-local months since 1970-01")
    name = models.CharField(max_length=80)
    channel = models.SmallIntegerField(choices=Channel.choices)
    direction = models.SmallIntegerField(choices=Direction.choices)
    about = models.SmallIntegerField(choices=About.choices)
    is_transaction = models.BooleanField(default=False)
    is_page_activity = models.BooleanField(default=False)
    counts_email = models.BooleanField(default=False, help_text="adds 1 to E (human, inbound, within the daily cap)")
    came_from = models.CharField(
        max_length=100, default="", db_default="", help_text="the campaign's source, else the host of the referrer"
    )
    message_id = models.CharField(max_length=100)
    properties = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["shop_id", "identity", "happened_us"], name="fact_of_identity"),
            models.Index(fields=["shop_id", "happened_us"], name="fact_by_time"),
            models.Index(
                fields=["shop_id", "happened_us", "identity"],
                condition=models.Q(counts_email=True),
                name="fact_counting_in_e",
            ),
        ]


class SeenMessage(models.Model):
    """A messageId already taken from a source; rows older than 30 days are pruned."""

    source_id = models.BigIntegerField()
    digest = models.BinaryField(max_length=16)
    day = models.IntegerField(help_text="UTC day of receipt")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source_id", "digest"], name="one_row_per_message")]
        indexes = [models.Index(fields=["day"])]


class SetAside(models.Model):
    """An event that we failed to take although nothing was wrong with it; kept whole until a later try takes it."""

    source_id = models.BigIntegerField()
    received_us = models.BigIntegerField()
    call = models.CharField(max_length=10)
    body = models.BinaryField()
    envelope = models.JSONField(default=dict, help_text="what its batch said for all: sent_at, context")
    problem = models.TextField()
    attempts = models.SmallIntegerField(default=1)


class Visit(models.Model):
    """Page activity of one visitor key with gaps under 30 minutes."""

    shop_id = models.BigIntegerField()
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False, db_index=False)
    first_us = models.BigIntegerField()
    last_us = models.BigIntegerField()
    pages = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["shop_id", "identity", "first_us"], name="visit_of_identity")]


class Arrival(models.Model):
    """One line of the live debugger: what came in and what became of it; only the newest are kept."""

    shop_id = models.BigIntegerField()
    source_id = models.BigIntegerField()
    received_us = models.BigIntegerField()
    call = models.CharField(max_length=10)
    name = models.CharField(max_length=80, default="")
    who = models.CharField(max_length=255, default="")
    outcome = models.CharField(max_length=40, help_text="accepted, or the reason it was dropped")
    detail = models.CharField(max_length=255, default="")
    body = models.TextField(default="", help_text="the event as received, cut at 8 KB")

    class Meta:
        indexes = [models.Index(fields=["shop_id", "-id"])]


class DropCount(models.Model):
    """How many events a source lost to one reason on one UTC day; every drop is counted."""

    shop_id = models.BigIntegerField()
    source_id = models.BigIntegerField()
    day = models.IntegerField()
    outcome = models.CharField(max_length=40)
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop_id", "source_id", "day", "outcome"], name="one_count_per_outcome")
        ]
