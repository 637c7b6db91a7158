"""Mail that came in: the raw bytes, durable before anything reads them, and what became of them.

Mailboxes that are fetched, doors of providers and the terms of a shop's incoming mail stand here too.
"""

from django.db import models

from kizuna.conversations.models.dialogue import Conversation, Message, Team
from kizuna.tables import public_ids


class RawState(models.TextChoices):
    """How far a raw mail has come."""

    PENDING = "pending", "waiting"
    DONE = "done", "taken"
    ASIDE = "aside", "kept aside"
    QUARANTINED = "quarantined", "in quarantine"
    DUPLICATE = "duplicate", "came twice"
    DISCARDED = "discarded", "discarded"


class RawMail(models.Model):
    """One mail as it came to one team, whole; the same bytes for the same team are one row."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    door = models.CharField(max_length=10, help_text="lmtp, imap, webhook or file")
    mail_from = models.CharField(max_length=320, null=True, help_text="the envelope's sender; null: nobody knows")
    recipients = models.JSONField(default=list, help_text="the envelope's recipients that lead to this team")
    state = models.CharField(max_length=11, choices=RawState.choices, default=RawState.PENDING)
    verdict = models.CharField(max_length=12, default="")
    why = models.CharField(max_length=300, default="")
    problem = models.TextField(default="", help_text="why it is in quarantine")
    attempts = models.SmallIntegerField(default=0)
    fingerprint = models.CharField(max_length=64, default="", help_text="what makes the same mail on another way one")
    from_address = models.CharField(max_length=320, default="")
    subject = models.CharField(max_length=300, default="")
    received_us = models.BigIntegerField()
    done_us = models.BigIntegerField(null=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.SET_NULL, null=True)
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True)
    body = models.BinaryField(null=True, help_text="null: erased, or older than raw mail is kept")

    class Meta:
        indexes = [
            models.Index(fields=["state", "id"], name="raw_mail_pending", condition=models.Q(state="pending")),
            models.Index(fields=["shop", "state", "-id"], name="raw_mail_by_state"),
            models.Index(fields=["shop", "from_address"], name="raw_mail_by_sender"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["team", "sha256"], name="one_raw_mail_per_team"),
            models.UniqueConstraint(
                fields=["team", "fingerprint"], condition=~models.Q(fingerprint=""), name="one_mail_per_fingerprint"
            ),
        ]


class InboundTerms(models.Model):
    """What a shop says about its incoming mail."""

    shop = models.OneToOneField("shops.Shop", on_delete=models.CASCADE)
    trusted_receiver = models.CharField(
        max_length=254, default="", help_text="the server whose Authentication-Results count; empty: none"
    )
    raw_days = models.IntegerField(default=730, help_text="how long the bytes of raw mail are kept; 0: for ever")
    fax_addresses = models.JSONField(default=list, help_text="addresses of fax gateways, lower case")
    scan_addresses = models.JSONField(default=list, help_text="addresses of scanners of letters, lower case")


class Mailbox(models.Model):
    """A mailbox that is fetched by IMAP for a team; its password is encrypted with the installation's secret."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    team = models.ForeignKey(Team, on_delete=models.CASCADE)
    host = models.CharField(max_length=253)
    port = models.IntegerField(default=993)
    security = models.CharField(max_length=8, default="tls", help_text="tls, starttls or none")
    username = models.CharField(max_length=254)
    password = models.TextField(help_text="encrypted")
    folder = models.CharField(max_length=200, default="INBOX")
    uid_validity = models.BigIntegerField(null=True, help_text="another value means that all numbers are new")
    last_uid = models.BigIntegerField(default=0, help_text="the highest that is durable here")
    problem = models.CharField(max_length=500, default="")
    checked_us = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "host", "username", "folder"], name="one_mailbox_per_folder")
        ]


class MailHook(models.Model):
    """A door for a provider that posts incoming mail; who knows the token and the provider's secret may."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, help_text="takes what no other team is written to")
    provider = models.CharField(max_length=20)
    token = models.CharField(max_length=43, unique=True)
    secret = models.TextField(help_text="encrypted: a signing key, or user:password")
    last_us = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
