"""Mail on its way out: one row per mail with its Message-ID, recipients and what became of each; keys that sign.

A mail of a conversation points to its message; a notice (a log-in link, an invitation) brings its own words.
"""

from django.db import models

from kizuna.conversations.models.dialogue import Message
from kizuna.tables import public_ids


class SendState(models.TextChoices):
    """How an outgoing mail stands; for several recipients the worst that became of one."""

    QUEUED = "queued", "waiting to be sent"
    SENDING = "sending", "being sent"
    SENT = "sent", "sent"
    DELIVERED = "delivered", "delivered"
    BOUNCED = "bounced", "came back"
    FAILED = "failed", "not sent"
    UNCERTAIN = "uncertain", "maybe sent"
    WITHDRAWN = "withdrawn", "taken back"


class Outgoing(models.Model):
    """One mail to be sent once, under one Message-ID for ever."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, null=True, related_name="outgoing")
    mail_id = models.CharField(max_length=255, unique=True, help_text="its Message-ID, without angle brackets")
    provider_id = models.CharField(max_length=255, default="", help_text="what a provider calls it")
    key = models.CharField(max_length=100, default="", help_text="makes queueing a notice twice one mail")
    marketing = models.BooleanField(default=False, help_text="in doubt it is not sent again")
    machine = models.BooleanField(default=False, help_text="no human wrote it")
    sender = models.CharField(max_length=254)
    sender_name = models.CharField(max_length=120, default="")
    reply_to = models.CharField(max_length=254, default="")
    recipients = models.JSONField(help_text='[{"address", "kind": to|cc, "state", "code", "detail"}]')
    domain = models.CharField(max_length=254, help_text="of the first recipient")
    content = models.JSONField(default=dict, help_text="a notice's subject, text and html")
    headers = models.JSONField(default=list, help_text="further headers, [[name, value]]")
    state = models.CharField(max_length=9, choices=SendState.choices, default=SendState.QUEUED)
    due_us = models.BigIntegerField(help_text="not before")
    created_us = models.BigIntegerField()
    attempts = models.SmallIntegerField(default=0)
    begun_by = models.CharField(max_length=16, default="", help_text="which run of the sender has it in hand")
    sent_us = models.BigIntegerField(null=True)
    changed_us = models.BigIntegerField()
    told = models.BooleanField(default=False, help_text="the fact that it was sent is recorded")
    code = models.CharField(max_length=12, default="", help_text="as the other server answered, 550 or 5.1.1")
    detail = models.CharField(max_length=500, default="", help_text="why, in the other server's words or ours")

    class Meta:
        indexes = [
            models.Index(fields=["marketing", "due_us"], condition=models.Q(state="queued"), name="outgoing_due"),
            models.Index(fields=["begun_by"], condition=models.Q(state="sending"), name="outgoing_in_hand"),
            models.Index(
                fields=["sent_us"],
                condition=models.Q(told=False, state__in=["sent", "delivered"]),
                name="outgoing_untold",
            ),
            models.Index(fields=["shop", "state", "-changed_us"], name="outgoing_of_shop"),
            models.Index(fields=["provider_id"], condition=~models.Q(provider_id=""), name="outgoing_of_provider"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["shop", "key"], condition=~models.Q(key=""), name="one_notice_per_key")
        ]


class SigningKey(models.Model):
    """The DKIM key of a sender domain; the private half is encrypted with the installation's secret."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    domain = models.CharField(max_length=254, help_text="lower case")
    selector = models.CharField(max_length=63)
    private = models.TextField(help_text="encrypted")
    public = models.TextField(help_text="as the DNS record carries it")
    in_use = models.BooleanField(default=False, help_text="off until the record stands in the DNS")
    created_us = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "domain"], name="one_signing_key_per_domain"),
        ]
