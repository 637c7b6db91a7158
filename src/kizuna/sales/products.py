"""The catalogue: what the shop sells, and what a piece costs where that is known."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kizuna.sales.models import Product
from kizuna.sales.rows import in_batches


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """What a source says of a product; None and empty text leave what is known as it is."""

    sku: str
    name: str = ""
    category: str = ""
    price_minor: int | None = None
    cost_minor: int | None = None
    url: str = ""
    image_url: str = ""


_FIELDS = ("name", "category", "price_minor", "cost_minor", "url", "image_url")


@dataclass(frozen=True, slots=True)
class Noted:
    """How many products were new, changed or already so."""

    taken: int
    changed: int
    repeated: int


def record(shop_id: int, drafts: Sequence[ProductDraft], *, only_fill: bool = False) -> Noted:
    """Store products by SKU; costs are used for orders recorded from now on, older orders keep theirs.

    With `only_fill` (sources that nobody vouches for) what is known stays, and only what was empty is filled.
    """
    known = _by_sku(shop_id, [draft.sku for draft in drafts])
    new: dict[str, Product] = {}
    changed: dict[str, Product] = {}
    for draft in drafts:
        product = known.get(draft.sku)
        if product is None:
            product = known[draft.sku] = new[draft.sku] = Product(shop_id=shop_id, sku=draft.sku)
        if _take_over(product, draft, only_fill) and draft.sku not in new:
            changed[draft.sku] = product
    Product.objects.bulk_create(
        new.values(), batch_size=500, update_conflicts=True, unique_fields=["shop", "sku"], update_fields=list(_FIELDS)
    )
    if changed:
        Product.objects.bulk_update(changed.values(), _FIELDS, batch_size=100)
    return Noted(len(new), len(changed), len(drafts) - len(new) - len(changed))


def costs_of(shop_id: int, skus: Collection[str]) -> dict[str, int]:
    """Give the cost of one piece, in the shop's minor units, of those products whose cost is known."""
    costs: dict[str, int] = {}
    for part, _ in in_batches(sorted(skus)):
        rows = Product.objects.filter(shop_id=shop_id, sku__in=part, cost_minor__isnull=False)
        costs.update((sku, cost) for sku, cost in rows.values_list("sku", "cost_minor") if cost is not None)
    return costs


def any_costs(shop_id: int) -> bool:
    """Tell whether any product of the shop has a cost."""
    return Product.objects.filter(shop_id=shop_id, cost_minor__isnull=False).exists()


def _by_sku(shop_id: int, skus: Collection[str]) -> dict[str, Product]:
    known: dict[str, Product] = {}
    for part, _ in in_batches(sorted(set(skus))):
        known.update((row.sku, row) for row in Product.objects.filter(shop_id=shop_id, sku__in=part))
    return known


def _take_over(product: Product, draft: ProductDraft, only_fill: bool) -> bool:
    said: Mapping[str, object] = {name: getattr(draft, name) for name in _FIELDS}
    news = {name: value for name, value in said.items() if value not in (None, "", getattr(product, name))}
    if only_fill:
        news = {name: value for name, value in news.items() if getattr(product, name) in (None, "")}
    for name, value in news.items():
        setattr(product, name, value)
    return bool(news)


def categories(shop_id: int) -> dict[str, str]:
    """Read the category of every product of a shop."""
    return dict(Product.objects.filter(shop_id=shop_id).values_list("sku", "category").iterator(5_000))
