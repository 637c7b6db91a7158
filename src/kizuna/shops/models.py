"""The tenant and who may enter it: shops, people, roles, sources with write keys, tokens, rates, audit.

Secrets are stored as SHA-256 of random keys (people's passwords as Argon2). Nothing about customers lives here.
"""

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from kizuna.tables import public_ids


class Shop(models.Model):
    """One tenant; everything else in the database belongs to exactly one shop."""

    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    slug = models.SlugField(unique=True, max_length=40)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, help_text="fixed after the first order")
    timezone = models.CharField(max_length=60, default="UTC")
    margin_rate = models.DecimalField(max_digits=6, decimal_places=4, default=Decimal(1))
    payment_rate = models.DecimalField(max_digits=6, decimal_places=4, default=Decimal(0))
    payment_fixed_minor = models.BigIntegerField(default=0, help_text="per order")
    shipping_cost_minor = models.BigIntegerField(default=0, help_text="per order, what shipping costs the shop")
    period_months = models.PositiveSmallIntegerField(default=12, help_text="e-CNRR period, in calendar months")
    warehouse_months = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="how far back questions over the whole history go; 0: for ever"
    )
    honour_do_not_track = models.BooleanField(default=True)
    forecast_months = models.PositiveSmallIntegerField(default=12, help_text="how far ahead forecasts look")
    discount_year = models.DecimalField(max_digits=6, decimal_places=4, default=Decimal("0.1"))
    maintenance_minor = models.BigIntegerField(default=0, help_text="per customer and month, to keep in touch")
    created_at = models.DateTimeField(auto_now_add=True)


class People(BaseUserManager["Person"]):
    """Makes people who log in by e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        """Make a person; the address is kept in lower case."""
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Find a person by address whatever its case."""
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """Somebody who works for one or more shops."""

    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    email = models.EmailField(unique=True, help_text="lower case")
    name = models.CharField(max_length=120, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[People] = People()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []


class Role(models.TextChoices):
    """What a person may do in a shop (shops.roles says it in full)."""

    OWNER = "owner"
    MARKETER = "marketer"
    OPERATOR = "operator"
    SPECIALIST = "specialist"
    READER = "reader"


class Membership(models.Model):
    """A person's role in a shop."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "person"], name="one_membership_per_person")]


class Invitation(models.Model):
    """Somebody asked to join a shop; the link carries a random key that is stored hashed and works once."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(help_text="lower case")
    role = models.CharField(max_length=12, choices=Role.choices)
    key_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="accepted, withdrawn or replaced by a newer one")

    class Meta:
        indexes = [models.Index(fields=["shop", "email"])]


class SourceKind(models.TextChoices):
    """How far what a source says is trusted (customers.rules uses it)."""

    BROWSER = "browser"
    SERVER = "server"
    FILES = "files"
    CONSOLE = "console"


class Source(models.Model):
    """Where facts come from; its write key is stored hashed and shown once."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="sources")
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=SourceKind.choices)
    key_prefix = models.CharField(max_length=12, default="")
    key_hash = models.CharField(max_length=64, unique=True, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="one_source_per_name")]


class ApiToken(models.Model):
    """A machine's key to the API with a person's role; hashed, shown once."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    role = models.CharField(max_length=12, choices=Role.choices)
    key_prefix = models.CharField(max_length=12)
    key_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)


class ExchangeRate(models.Model):
    """What one unit of a currency is worth in the shop's currency from a day on."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="rates")
    currency = models.CharField(max_length=3)
    from_day = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "currency", "from_day"], name="one_rate_per_day")]


class OpenSpan(models.Model):
    """When a shop works: one stretch of a weekday in the shop's own time; a night is two stretches."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="open_spans")
    weekday = models.PositiveSmallIntegerField(help_text="0 is Monday")
    opens = models.PositiveSmallIntegerField(help_text="minutes after midnight")
    closes = models.PositiveSmallIntegerField(help_text="minutes after midnight, at most 1440")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "weekday", "opens"], name="one_span_per_beginning"),
            models.CheckConstraint(
                condition=models.Q(weekday__lte=6, closes__lte=1440, closes__gt=models.F("opens")),
                name="open_span_is_a_stretch_of_a_day",
            ),
        ]


class Holiday(models.Model):
    """A day on which a shop does not work, once or every year."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="holidays")
    day = models.DateField()
    name = models.CharField(max_length=80, default="")
    is_yearly = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "day"], name="one_holiday_per_day")]


class Device(models.Model):
    """A browser in which somebody wants to be alerted; what it was last asked to show, and whether it did."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="devices")
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    endpoint = models.TextField(help_text="where its push service takes messages; known to nobody else")
    endpoint_hash = models.CharField(max_length=64, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=60)
    name = models.CharField(max_length=80, default="")
    added_us = models.BigIntegerField()
    reached_us = models.BigIntegerField(null=True, help_text="its push service last took a message")
    failures = models.SmallIntegerField(default=0)
    problem = models.CharField(max_length=120, default="")
    test_key = models.CharField(max_length=43, default="", help_text="only the test's own message holds it")
    test_sent_us = models.BigIntegerField(null=True)
    test_shown_us = models.BigIntegerField(null=True, help_text="the browser itself said that it showed the test")

    class Meta:
        indexes = [models.Index(fields=["test_key"], condition=~models.Q(test_key=""), name="device_under_test")]


class AlertChoice(models.Model):
    """What somebody wants to be alerted of in a shop, and how; nobody without a row is alerted."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    waiting = models.BooleanField(default=True, help_text="a chat waits and their console is closed")
    mine = models.BooleanField(default=True, help_text="a customer wrote in a chat of theirs")
    mentions = models.BooleanField(default=True, help_text="somebody named them in a note")
    by_push = models.BooleanField(default=True)
    by_mail = models.BooleanField(
        default=True, help_text="only while their (for a waiting chat: every) console is closed"
    )
    with_words = models.BooleanField(default=False, help_text="show the name and first words on the screen")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "person"], name="one_alert_choice_per_person")]


class Alert(models.Model):
    """Somebody to be alerted of one thing, once; what it says is written when it is sent."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    kind = models.CharField(max_length=8, help_text="waiting, mine or mention")
    way = models.CharField(max_length=4, help_text="push or mail")
    about = models.CharField(max_length=60, help_text="the turn or the message, by its number")
    conversation_id = models.BigIntegerField()
    at_us = models.BigIntegerField()
    sent_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "person", "way", "-at_us"], name="alert_of_person")]
        constraints = [
            models.UniqueConstraint(fields=["shop", "person", "way", "kind", "about"], name="one_alert_per_reason")
        ]


class AuditEntry(models.Model):
    """Who changed what and when; written by flows, never changed."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, null=True)
    person = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=60, help_text="past tense, such as membership_changed")
    target = models.CharField(max_length=120)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "-at"])]
