"""What the portfolio keeps: stocks, the criterion, reference, snapshots, standings, forecasts, checks.

Stocks are kept per identity with a fixed landmark (model, section 2), so that merging customers is addition.
Standing is the one denormalised row per customer that every list reads.
"""

from django.db import models


class IdentityStock(models.Model):
    """The attenuated stocks of one identity: last purchase for R, sums for F, M, V, E at all five half-lives."""

    shop_id = models.BigIntegerField()
    identity = models.OneToOneField(
        "customers.Identity", on_delete=models.CASCADE, primary_key=True, db_constraint=False
    )
    last_purchase_us = models.BigIntegerField(null=True)
    f30 = models.FloatField(default=0.0, db_default=0.0)
    f60 = models.FloatField(default=0.0, db_default=0.0)
    f90 = models.FloatField(default=0.0, db_default=0.0)
    f180 = models.FloatField(default=0.0, db_default=0.0)
    f365 = models.FloatField(default=0.0, db_default=0.0)
    m30 = models.FloatField(default=0.0, db_default=0.0)
    m60 = models.FloatField(default=0.0, db_default=0.0)
    m90 = models.FloatField(default=0.0, db_default=0.0)
    m180 = models.FloatField(default=0.0, db_default=0.0)
    m365 = models.FloatField(default=0.0, db_default=0.0)
    v30 = models.FloatField(default=0.0, db_default=0.0)
    v60 = models.FloatField(default=0.0, db_default=0.0)
    v90 = models.FloatField(default=0.0, db_default=0.0)
    v180 = models.FloatField(default=0.0, db_default=0.0)
    v365 = models.FloatField(default=0.0, db_default=0.0)
    e30 = models.FloatField(default=0.0, db_default=0.0)
    e60 = models.FloatField(default=0.0, db_default=0.0)
    e90 = models.FloatField(default=0.0, db_default=0.0)
    e180 = models.FloatField(default=0.0, db_default=0.0)
    e365 = models.FloatField(default=0.0, db_default=0.0)

    class Meta:
        indexes = [models.Index(fields=["shop_id", "identity"], name="stock_of_shop")]


class Indicator(models.Model):
    """A further indicator that the owner registered: which facts count, and what each weighs in the stock."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    name = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    event_names = models.JSONField(help_text="names of the facts that count")
    direction = models.SmallIntegerField(null=True, help_text="tracking.Direction, or both")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="one_indicator_per_name")]


class IndicatorStock(models.Model):
    """The attenuated stock of a further indicator for one identity."""

    shop_id = models.BigIntegerField()
    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE)
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False)
    s30 = models.FloatField(default=0.0)
    s60 = models.FloatField(default=0.0)
    s90 = models.FloatField(default=0.0)
    s180 = models.FloatField(default=0.0)
    s365 = models.FloatField(default=0.0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["indicator", "identity"], name="one_stock_per_indicator")]


class Criterion(models.Model):
    """One version of the criterion: half-life per factor and weights; the newest holds, none is ever changed."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    version = models.PositiveIntegerField()
    half_lives = models.JSONField(help_text='days per factor, {"R": 90, ...}; further indicators by name')
    weights = models.JSONField(help_text="per factor and further indicator; sum 1")
    method = models.CharField(max_length=10, help_text="equal, hand, ahp or learned")
    comparisons = models.JSONField(null=True, help_text="the AHP matrix, where the method is ahp")
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "version"], name="one_criterion_per_version")]


class Reference(models.Model):
    """A reference population frozen at an instant; columns hold the distribution per factor and half-life."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    version = models.PositiveIntegerField()
    as_of_us = models.BigIntegerField()
    frozen_at = models.DateTimeField()
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    automatic = models.BooleanField()
    customers = models.IntegerField()
    digest = models.CharField(max_length=32, help_text="of all distributions: what a cache knows them by")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "version"], name="one_reference_per_version")]


class ReferenceColumn(models.Model):
    """The frozen distribution of one factor at one half-life (science.ranking.Reference, serialised)."""

    reference = models.ForeignKey(Reference, on_delete=models.CASCADE, related_name="columns")
    factor = models.CharField(max_length=40)
    half_life = models.PositiveSmallIntegerField()
    distribution = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "factor", "half_life"], name="one_column_per_half_life")
        ]


class Snapshot(models.Model):
    """The portfolio at one instant: NG, cuts, and where everybody stood. Never restated silently.

    One is made at each shop-local midnight; others after an import and whenever the criterion or the reference changes.
    """

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    day = models.IntegerField(help_text="shop-local days since 1970-01-01")
    as_of_us = models.BigIntegerField()
    period_from_us = models.BigIntegerField()
    period_to_us = models.BigIntegerField()
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT)
    reference = models.ForeignKey(Reference, on_delete=models.PROTECT, null=True, help_text="null: provisional")
    net_gain_minor = models.BigIntegerField()
    cut_rf = models.FloatField(null=True)
    cut_net_profit_minor = models.BigIntegerField(null=True)
    n_star = models.IntegerField()
    counts = models.JSONField(help_text="customers per segment, and not_placed")
    concentration = models.JSONField(
        default=dict, help_text="the 80/20 rule as measured and the shares held; empty: nobody brought net profit"
    )
    columns = models.BinaryField(help_text="compressed columns: customer ids, RF, net profit, shown segment")
    digest = models.CharField(max_length=32, help_text="of the columns: what a cache knows them by")
    facts = models.CharField(max_length=20, default="", help_text="fingerprint of its facts; empty: not kept")
    cause = models.CharField(max_length=40, help_text="daily_snapshot, imported, criterion_changed ...")
    previous = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, help_text="whose shown segments the hysteresis started from"
    )
    reconstructed = models.BooleanField(default=False, help_text="computed later from imported history")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "day"], condition=models.Q(cause="daily_snapshot"), name="one_daily_snapshot_per_day"
            )
        ]
        indexes = [models.Index(fields=["shop", "as_of_us"], name="snapshot_by_time")]


class Standing(models.Model):
    """The one row per customer that lists and the portfolio read; flows refresh it."""

    customer = models.OneToOneField("customers.Customer", on_delete=models.CASCADE, primary_key=True)
    shop_id = models.BigIntegerField()
    name = models.CharField(max_length=200, default="")
    email = models.CharField(max_length=254, default="")
    label = models.CharField(max_length=255, default="", help_text="what a list shows: name, e-mail or strongest id")
    country = models.CharField(max_length=60, default="")
    known = models.BooleanField(default=False, help_text="has an identity stronger than a visitor key")
    first_order_us = models.BigIntegerField(null=True)
    last_order_us = models.BigIntegerField(null=True)
    last_seen_us = models.BigIntegerField(null=True)
    orders = models.IntegerField(default=0)
    revenue_minor = models.BigIntegerField(default=0)
    stocks = models.JSONField(default=dict, help_text="D per factor at as_of_us")
    z = models.JSONField(default=dict)
    rf = models.FloatField(null=True)
    net_profit_minor = models.BigIntegerField(null=True, help_text="over the period; null: not yet placed")
    e_cnrr = models.FloatField(null=True)
    segment = models.CharField(max_length=1, default="", help_text="A to D as shown; empty: not yet placed")
    high_rf = models.BooleanField(default=False)
    high_net_profit = models.BooleanField(default=False)
    segment_since_us = models.BigIntegerField(null=True)
    previous_segment = models.CharField(max_length=1, default="")
    as_of_us = models.BigIntegerField(default=0)
    expected_value_minor = models.BigIntegerField(null=True, help_text="from the last forecast; null: none yet")
    still_customer = models.FloatField(null=True, help_text="how surely they have not left, from the last forecast")

    class Meta:
        indexes = [
            models.Index(fields=["shop_id", "segment", "-net_profit_minor", "customer"], name="standing_by_segment"),
            models.Index(fields=["shop_id", "segment", "-rf", "customer"], name="standing_by_segment_rf"),
            models.Index(fields=["shop_id", "segment", "-last_order_us", "customer"], name="standing_by_segment_order"),
            models.Index(
                fields=["shop_id", "country", "-net_profit_minor", "customer", "segment"], name="standing_by_country"
            ),
            models.Index(fields=["shop_id", "-net_profit_minor", "customer"], name="standing_by_profit"),
            models.Index(fields=["shop_id", "-rf", "customer"], name="standing_by_rf"),
            models.Index(fields=["shop_id", "label", "customer"], name="standing_by_label"),
            models.Index(fields=["shop_id", "-last_seen_us", "customer"], name="standing_by_seen"),
            models.Index(fields=["shop_id", "-last_order_us", "customer"], name="standing_by_order"),
            models.Index(fields=["shop_id", "-expected_value_minor", "customer"], name="standing_by_value"),
        ]


class Place(models.Model):
    """A point on a customer's path: kept when the segment changed or the place moved visibly."""

    shop_id = models.BigIntegerField()
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, db_index=False)
    at_us = models.BigIntegerField()
    rf = models.FloatField()
    net_profit_minor = models.BigIntegerField()
    z = models.JSONField(default=dict)
    segment = models.CharField(max_length=1)

    class Meta:
        indexes = [models.Index(fields=["shop_id", "customer", "at_us"], name="place_of_customer")]


class Move(models.Model):
    """A change of the shown segment, with what caused it."""

    shop_id = models.BigIntegerField()
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE)
    at_us = models.BigIntegerField()
    from_segment = models.CharField(max_length=1)
    to_segment = models.CharField(max_length=1)
    cause = models.CharField(max_length=80, help_text="event name, daily_snapshot, criterion_changed ...")

    class Meta:
        indexes = [models.Index(fields=["shop_id", "-at_us"], name="move_by_time")]


class ForecastRun(models.Model):
    """One forecast of a shop: on which terms, by which model, what it says in all, and how well it did on the past.

    Visible once it is complete; a later one of the same shop-local day replaces it. What it says of each customer is in
    its parts, which only the newest runs keep.
    """

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    day = models.IntegerField(help_text="shop-local days since 1970-01-01")
    as_of_us = models.BigIntegerField()
    terms = models.JSONField(help_text="months ahead, discount a year, maintenance a month in minor units")
    method = models.JSONField(help_text="the model, its parameters and scores, the margin, notes in plain words")
    totals = models.JSONField(help_text="customers, purchases and value with intervals, whole and by segment")
    back_test = models.JSONField(null=True, help_text="what it would have said of the past; null: too little of it")
    customers = models.IntegerField(help_text="with a purchase")
    complete = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "day"], condition=models.Q(complete=True), name="one_forecast_per_day"
            )
        ]
        indexes = [models.Index(fields=["shop", "complete", "-as_of_us", "-id"], name="forecast_by_time")]


class ForecastPart(models.Model):
    """What a run says of some customers, ascending by id: compressed columns, found by the first of them."""

    shop_id = models.BigIntegerField()
    run = models.ForeignKey(ForecastRun, on_delete=models.CASCADE, db_index=False)
    first_customer_id = models.BigIntegerField()
    columns = models.BinaryField(help_text="customer ids, still a customer, purchases and value with intervals")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "first_customer_id"], name="one_part_per_first_customer")]


class ValidityCheck(models.Model):
    """One check of whether the criterion still finds the customers who bring most: what was found, never restated."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    as_of_us = models.BigIntegerField()
    horizon_days = models.IntegerField(help_text="how far ahead each origin looks")
    criterion_version = models.PositiveIntegerField()
    reference_version = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=8, help_text="short, good or alarm")
    findings = models.JSONField(help_text="origins with scores, drift, alarms and options: relationships.validity")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["shop", "-made_at", "-id"], name="validity_by_time")]


class Recalibration(models.Model):
    """A recalibration that a person chose after a check: what held before and after, so that it can be undone."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    kind = models.CharField(max_length=12, help_text="weights, half_lives, both or reference")
    version_before = models.PositiveIntegerField(help_text="of the criterion, or of the reference")
    version_after = models.PositiveIntegerField()
    expected = models.JSONField(help_text="the option as it was offered")
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "-made_at"], name="recalibration_by_time")]


class SavedView(models.Model):
    """A named view of a page that a person keeps: of the customer list, or of the explore page."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    person = models.ForeignKey("shops.Person", on_delete=models.CASCADE)
    name = models.CharField(max_length=60)
    page = models.CharField(max_length=20, default="customers", help_text="which page it is a view of")
    query = models.CharField(max_length=2000, help_text="the page's query string")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "person", "page", "name"], name="one_view_per_name")]
