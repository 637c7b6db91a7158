"""What was bought: products, orders with their lines, refunds. Money is integers in minor units.

`*_minor` is in the shop's currency at the order day's rate; `original_*` keeps what the source said.
An order or refund is known by its source id for ever, so repeating an import changes nothing.
"""

from django.db import models


class Product(models.Model):
    """Something the shop sells; its cost, where known, replaces the margin assumption."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    sku = models.CharField(max_length=100)
    name = models.CharField(max_length=255, default="")
    category = models.CharField(max_length=120, default="")
    price_minor = models.BigIntegerField(null=True)
    cost_minor = models.BigIntegerField(null=True)
    url = models.CharField(max_length=500, default="")
    image_url = models.CharField(max_length=500, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "sku"], name="one_product_per_sku")]


class OrderState(models.TextChoices):
    """What the shop last said of an order."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Order(models.Model):
    """One order: a purchase if its total is positive."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    identity = models.ForeignKey("customers.Identity", on_delete=models.PROTECT, db_index=False)
    source_ref = models.CharField(max_length=100, help_text="the shop's own order number, as text")
    placed_us = models.BigIntegerField()
    day = models.IntegerField(help_text="shop-local")
    month = models.IntegerField(help_text="shop-local")
    state = models.CharField(max_length=10, choices=OrderState.choices, default=OrderState.COMPLETED)
    currency = models.CharField(max_length=3)
    original_revenue_minor = models.BigIntegerField()
    rate = models.DecimalField(max_digits=20, decimal_places=10, help_text="into the shop's currency, that day")
    revenue_minor = models.BigIntegerField(help_text="goods net of tax and discount, plus shipping charged")
    goods_revenue_minor = models.BigIntegerField(help_text="the goods alone: what a refund's cost rate is taken from")
    goods_cost_minor = models.BigIntegerField()
    other_cost_minor = models.BigIntegerField(default=0, help_text="payment, shipping and marketing")
    net_profit_minor = models.BigIntegerField()
    cost_assumed = models.BooleanField(help_text="the shop's margin rate stood in for a cost")
    is_purchase = models.BooleanField(help_text="positive total: counts in R and F")
    coupon = models.CharField(max_length=80, default="")
    discount_minor = models.BigIntegerField(default=0)
    shipping_country = models.CharField(max_length=60, default="")
    updated_us = models.BigIntegerField(null=True, help_text="when the shop last corrected it; null: as first told")
    placed_known = models.BooleanField(
        default=True, help_text="false: only corrections came so far, none with the time"
    )
    trusted = models.BooleanField(
        default=True, db_default=True, help_text="false: only a browser has told of it so far"
    )
    digest = models.CharField(
        max_length=32, help_text="of what the source said, so that the same again changes nothing"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "source_ref"], name="one_order_per_source_ref")]
        indexes = [
            models.Index(fields=["shop", "identity", "placed_us"], name="order_of_identity"),
            models.Index(fields=["shop", "placed_us"], name="order_by_time"),
            models.Index(
                fields=["shop", "day", "is_purchase", "revenue_minor", "net_profit_minor"], name="order_day_totals"
            ),
        ]


class OrderLine(models.Model):
    """A line of an order as the source gave it; amounts in the order's currency."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=100, default="")
    name = models.CharField(max_length=255, default="")
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    unit_price = models.DecimalField(max_digits=22, decimal_places=6)
    amount = models.DecimalField(max_digits=22, decimal_places=6, help_text="paid for the whole line")
    cost_minor = models.BigIntegerField(null=True, help_text="cost of the whole line, shop currency, where known")


class Refund(models.Model):
    """Money given back, at its own time and the order's own rate; net profit is negative or zero."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    identity = models.ForeignKey("customers.Identity", on_delete=models.PROTECT, db_index=False)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, related_name="refunds")
    source_ref = models.CharField(max_length=110)
    order_ref = models.CharField(max_length=100, default="", help_text="the order it names, known or not yet")
    refunded_us = models.BigIntegerField()
    day = models.IntegerField()
    month = models.IntegerField()
    currency = models.CharField(max_length=3)
    original_revenue_minor = models.BigIntegerField(help_text="positive: what was given back")
    revenue_minor = models.BigIntegerField(help_text="positive, shop currency")
    goods_returned = models.BooleanField(default=True)
    net_profit_minor = models.BigIntegerField(help_text="what the refund does to net profit")
    cost_assumed = models.BooleanField(default=False, help_text="the shop's margin rate stood in for a cost")
    cancels = models.BooleanField(default=False, help_text="a cancellation: gives back whatever is left of its order")
    trusted = models.BooleanField(default=True, db_default=True, help_text="false: only a browser has told of it")
    digest = models.CharField(max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "source_ref"], name="one_refund_per_source_ref")]
        indexes = [
            models.Index(fields=["shop", "identity", "refunded_us"], name="refund_of_identity"),
            models.Index(fields=["shop", "refunded_us"], name="refund_by_time"),
            models.Index(fields=["shop", "day", "revenue_minor", "net_profit_minor"], name="refund_day_totals"),
            models.Index(fields=["shop", "order_ref"], name="refund_of_order", condition=~models.Q(order_ref="")),
        ]
