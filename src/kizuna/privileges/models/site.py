"""The premium site of a shop: how it looks and speaks, and the ways in: links by e-mail, the shop's tokens, sessions.

Keys of links and sessions are stored hashed; addresses only as keyed hashes. The shop's own secret is derived from
the installation's key and `secret_serial`, so no table holds it.
"""

from django.db import models


class PremiumSite(models.Model):
    """What an owner settled about the premium site; a shop without a row has it open in plain colours."""

    shop = models.OneToOneField("shops.Shop", on_delete=models.CASCADE, primary_key=True)
    is_open = models.BooleanField(default=True)
    accent = models.CharField(max_length=7, default="#2f5d50", help_text="the shop's colour, #rrggbb")
    mark = models.CharField(max_length=3, default="", help_text="up to three signs in place of a logo")
    welcome = models.CharField(max_length=300, default="")
    languages = models.JSONField(default=list, help_text='the first is the shop\'s own, such as ["en", "de"]')
    grace_days = models.PositiveSmallIntegerField(default=60, help_text="how long a privilege outlasts its reason")
    ask_after_wish = models.BooleanField(default=True, help_text="ask how it was when a wish is fulfilled")
    secret_serial = models.PositiveIntegerField(default=0, help_text="0: no token is accepted; rises when renewed")


class EntryLink(models.Model):
    """A log-in link sent to a customer; works once and not for long."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False)
    key_hash = models.CharField(max_length=64, unique=True)
    created_us = models.BigIntegerField()
    expires_us = models.BigIntegerField()
    used_us = models.BigIntegerField(null=True)


class EntryAttempt(models.Model):
    """Somebody asked for a link; known and unknown addresses alike, so that both are slowed down alike."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    address_hash = models.CharField(max_length=64)
    origin_hash = models.CharField(max_length=64)
    at_us = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["shop", "address_hash", "at_us"], name="entry_attempt_of_address"),
            models.Index(fields=["shop", "origin_hash", "at_us"], name="entry_attempt_of_origin"),
        ]


class UsedToken(models.Model):
    """A token of the shop that was used; it is refused from then on."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    token_hash = models.CharField(max_length=64)
    expires_us = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "token_hash"], name="one_use_per_token")]


class SiteSession(models.Model):
    """A customer's browser on the premium site."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False)
    key_hash = models.CharField(max_length=64, unique=True)
    via = models.CharField(max_length=5, help_text="link or token")
    created_us = models.BigIntegerField()
    seen_us = models.BigIntegerField()
    expires_us = models.BigIntegerField()
    ended_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "identity"], name="site_session_of_identity")]
