"""What was learned from customers: it belongs to an identity, so that merge and un-merge lose nothing."""

from django.db import models

from kizuna.tables import public_ids


class LessonKind(models.TextChoices):
    """What was learned is."""

    NEED = "need", "need"
    WANT = "want", "want"
    PREFERENCE = "preference", "preference"
    FACT = "fact", "fact"


class LessonSource(models.TextChoices):
    """Who said it."""

    OPERATOR = "operator", "noted by us"
    MESSAGE = "message", "from a message"
    CUSTOMER = "customer", "said on the premium site"
    SURVEY = "survey", "from a survey"


class LessonEnd(models.TextChoices):
    """Why it is no longer held."""

    CORRECTED = "corrected"
    FORGOTTEN = "forgotten"


class Lesson(models.Model):
    """One thing learned of a customer; a correction is a new row that replaces this one."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False)
    kind = models.CharField(max_length=10, choices=LessonKind.choices)
    label = models.CharField(max_length=40, default="", help_text="such as size; names a variable of replies")
    text = models.CharField(max_length=500, help_text="empty once forgotten")
    source = models.CharField(max_length=8, choices=LessonSource.choices)
    source_message_id = models.BigIntegerField(null=True)
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    learned_us = models.BigIntegerField()
    confirmed_us = models.BigIntegerField(null=True)
    confirmed_by_customer = models.BooleanField(default=False)
    replaces = models.ForeignKey("self", on_delete=models.SET_NULL, null=True)
    ended_us = models.BigIntegerField(null=True)
    ended_as = models.CharField(max_length=9, choices=LessonEnd.choices, default="")

    class Meta:
        indexes = [
            models.Index(fields=["shop", "identity", "ended_us"], name="lesson_of_identity"),
            models.Index(fields=["shop", "source_message_id"], name="lesson_of_message"),
        ]
