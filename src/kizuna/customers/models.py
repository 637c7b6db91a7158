"""Who a customer is: identities, dated links to customers, merges, consent and search terms.

An identity is (shop, kind, value); a customer is a set of dated links to identities (model, section 2).
Nothing measured lives here: relationships keeps stocks per identity, so a merge only re-links.
"""

from django.db import models

from kizuna.tables import public_ids


class Customer(models.Model):
    """One relationship of the shop: known, or a visitor who may become known.

    The profile columns are folded from what the customer's identities say (customers.profiles); they are never the
    only copy, so merge and un-merge simply fold again.
    """

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    name = models.CharField(max_length=200, default="")
    email = models.CharField(max_length=254, default="")
    email_verified = models.BooleanField(default=False)
    phone = models.CharField(max_length=40, default="")
    country = models.CharField(max_length=60, default="")
    language = models.CharField(max_length=20, default="")
    traits = models.JSONField(default=dict)
    first_touch = models.JSONField(default=dict, help_text="utm_* of the first visit that had any")
    last_touch = models.JSONField(default=dict)
    created_us = models.BigIntegerField()
    merged_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, help_text="where its identities went; none are left here"
    )

    class Meta:
        indexes = [
            models.Index(fields=["shop", "id"]),
            models.Index(fields=["shop", "email"]),
            models.Index(fields=["shop", "phone"]),
        ]


class IdentityKind(models.IntegerChoices):
    """Kinds of identity; the smaller, the stronger."""

    USER_ID = 1, "user id"
    EMAIL = 2, "e-mail"
    PHONE = 3, "phone"
    VISITOR = 4, "visitor key"


class Identity(models.Model):
    """(shop, kind, value), linked to one customer at a time.

    A verified e-mail only: an unverified address is a trait and at most a suggestion. A visitor key that a second
    user id appears on goes on as a new identity (`value` carries ~2, ~3 ...; `key` keeps what the browser sends).
    """

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    kind = models.SmallIntegerField(choices=IdentityKind.choices)
    value = models.CharField(max_length=600)
    key = models.CharField(
        max_length=255, help_text="as the source sends it; several identities may share a visitor key"
    )
    current = models.BooleanField(default=True, help_text="the one that new facts of this key go to")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="identities")
    bound_user = models.CharField(max_length=255, default="", help_text="the user id seen on this visitor key")
    first_seen_us = models.BigIntegerField()
    last_seen_us = models.BigIntegerField()
    profile = models.JSONField(default=dict, help_text="what was said under this identity, with when and how trusted")

    class Meta:
        indexes = [
            models.Index(fields=["shop", "kind", "key"]),
            models.Index(fields=["shop", "customer"], name="identity_of_customer"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["shop", "kind", "value"], name="one_identity_per_value"),
            models.UniqueConstraint(
                fields=["shop", "kind", "key"], condition=models.Q(current=True), name="one_current_identity_per_key"
            ),
        ]


class Link(models.Model):
    """From when to when an identity belonged to a customer, and why."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE, related_name="links")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="links")
    from_us = models.BigIntegerField()
    to_us = models.BigIntegerField(null=True)
    cause = models.CharField(max_length=60, help_text="first_seen, signed_in, recognised, merged, unmerged ...")
    via = models.BigIntegerField(
        null=True, help_text="the identity through which this one was linked; un-merge follows it"
    )

    class Meta:
        indexes = [models.Index(fields=["shop", "customer"]), models.Index(fields=["identity", "from_us"])]


class Merge(models.Model):
    """One merge by a person or a rule, with what it needs to be undone."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    kept = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges_kept")
    merged = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="merges_lost")
    identity_ids = models.JSONField(help_text="the identities that moved")
    cause = models.CharField(max_length=60)
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)


class MergeSuggestion(models.Model):
    """Two customers who may be one person; somebody decides."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    first = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=40, help_text="same_email, same_phone, same_device, alias, unmerged")
    evidence = models.CharField(max_length=255)
    suggested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    accepted = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "first", "second"], name="one_suggestion_per_pair")]


class Consent(models.Model):
    """What a customer agreed to or refused, when, where and how we know; the newest per purpose holds."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE)
    purpose = models.CharField(max_length=40, help_text="analytics, email_marketing ...")
    granted = models.BooleanField()
    given_us = models.BigIntegerField()
    evidence = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["identity", "purpose", "-given_us"])]


class SearchTerm(models.Model):
    """A lower-case word that finds a customer by its beginning: names, addresses, phone digits, ids, order numbers.

    Belongs to an identity, so a merge need not index again. UTF-8 bytes, because bytes sort alike in every database
    whatever its collation, and a prefix is then one range.
    """

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE, db_index=False)
    term = models.BinaryField(max_length=160)
    identity = models.ForeignKey(Identity, on_delete=models.CASCADE)
    is_order = models.BooleanField(default=False, help_text="an order number; the others follow the profile")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "term", "identity"], name="one_row_per_term")]
