"""What the simulated shop sells: Kasane, a small shop for Japanese paper, tea and stationery.

Prices and costs are net of tax, in euro cents; `in_currency` gives the price list of the other currency. Made up by us.
"""

from dataclasses import dataclass
from functools import cache

SHOP_SLUG = "kasane"
SHOP_NAME = "Kasane"
SHOP_LINE = "paper, tea and small quiet things"
SHOP_CURRENCY = "EUR"
SHOP_TIMEZONE = "Europe/Berlin"
SECOND_CURRENCY = "GBP"
_POUNDS_PER_EURO = 0.88

CATEGORIES = {
    "washi": ("Washi paper", "Hand-made sheets, printed and plain"),
    "notebooks": ("Notebooks", "Stitched, folded and bound"),
    "letters": ("Letter writing", "Paper for words that take their time"),
    "writing": ("Pens and brushes", "For steady and unsteady hands"),
    "ink": ("Inks", "Small bottles, deep colours"),
    "tea": ("Tea", "Fresh from this year's gardens"),
    "teaware": ("Teaware", "Pots, bowls and what belongs beside them"),
    "things": ("Small things", "Tapes, stamps, cloths"),
}

_TABLE = """
KW-101 washi     9.50  3.40 1.3 Chiyogami sheet, waves|Silk-screened kozo paper with rolling seigaiha waves.
KW-102 washi     9.50  3.40 1.1 Chiyogami sheet, hemp leaf|The asanoha star, printed in indigo.
KW-103 washi     9.50  3.40 0.9 Chiyogami sheet, seven treasures|Interlocking shippo rings in persimmon.
KW-104 washi     6.20  2.10 1.2 Plain kozo, natural|Long mulberry fibres; takes ink without bleeding.
KW-105 washi    14.00  5.20 0.6 Momigami, charcoal|Crumpled and smoothed by hand, strong as cloth.
KW-106 washi    18.50  7.90 0.4 Indigo-dyed sheet|Dipped eleven times in a natural vat.
KW-107 washi    22.00  8.80 0.9 Origami set, 120 sheets|Twelve patterns, six colours, one afternoon.
KW-108 washi    32.00 14.50 0.3 Bookbinder's bundle|Ten sheets for spines, covers and endpapers.
KN-201 notebooks 12.00 4.10 1.5 Pocket notebook, grid|Lies flat, fits a shirt pocket, 96 pages.
KN-202 notebooks 16.50 5.80 1.6 A5 notebook, plain|Thin crisp paper, thread-stitched.
KN-203 notebooks 16.50 5.80 1.3 A5 notebook, dotted|Pale grey dots that step back.
KN-204 notebooks 24.00 9.10 0.7 Accordion book|Unfolds to two metres; for travel and stamps.
KN-205 notebooks 28.00 11.20 0.6 Linen journal|Cloth spine, 240 numbered pages.
KN-206 notebooks 38.00 15.80 0.4 Five-year diary|Five lines a day for five years.
KN-207 notebooks  8.50  2.70 1.0 Set of three jotters|One for lists, one for ideas, one for neither.
KN-208 notebooks 56.00 24.00 0.2 Leather folio|Vegetable-tanned, takes three jotters.
KL-301 letters   11.50  3.80 1.2 Letter pad, ruled|Forty sheets with hairline rules.
KL-302 letters    9.00  3.00 1.0 Envelopes, set of 20|Deckle edge, lined with tissue.
KL-303 letters   15.00  5.10 1.0 Card set, four seasons|Plum, iris, maple and snow.
KL-304 letters    4.50  1.40 1.4 Thank-you card|A single crane.
KL-305 letters   19.00  7.20 0.5 Sealing wax set|Wax, spoon and a plain brass seal.
KL-306 letters   27.00 10.50 0.4 Writing box, cedar|Keeps a month of letters.
KL-307 letters    6.80  2.20 0.8 Noshi gift envelopes|For money given politely.
KP-401 writing   14.00  5.00 1.3 Brush pen, fine|Flexible tip, pigment ink.
KP-402 writing   14.00  5.00 0.9 Brush pen, broad|For titles and large feelings.
KP-403 writing   36.00 16.00 0.9 Fountain pen, Tsubame|Steel nib, light as a swallow.
KP-404 writing  118.00 58.00 0.25 Fountain pen, Urushi|Lacquered in nine coats, gold nib.
KP-405 writing    3.80  1.10 1.6 Pencil, cedar 2B|Smooth and dark.
KP-406 writing   21.00  8.60 0.5 Calligraphy brush|Goat and weasel hair, bamboo handle.
KP-407 writing    9.50  3.30 0.9 Gel pens, set of five|0.38 mm in five greys.
KP-408 writing   26.00 10.40 0.4 Ink stone and stick|Grind slowly; that is the point.
KI-501 ink       17.50  6.60 1.0 Ink, night rain|Blue-black with a green sheen.
KI-502 ink       17.50  6.60 0.8 Ink, persimmon|Orange that dries to copper.
KI-503 ink       17.50  6.60 0.8 Ink, moss|A quiet yellow green.
KI-504 ink       17.50  6.60 0.7 Ink, plum|Between red and violet.
KI-505 ink       44.00 17.50 0.4 Ink box, six colours|A season in six small bottles.
KI-506 ink       12.50  4.40 0.5 Drawing ink, black|Waterproof carbon ink.
KT-601 tea       13.50  5.40 1.8 Sencha, first flush|Grassy and sweet, 100 g.
KT-602 tea       24.00 10.60 1.0 Gyokuro|Shaded for three weeks, 50 g.
KT-603 tea       26.00 11.40 1.3 Matcha, ceremonial|Stone-ground, 30 g tin.
KT-604 tea       11.00  3.90 1.5 Hojicha|Roasted over charcoal, 100 g.
KT-605 tea       10.50  3.60 1.3 Genmaicha|With toasted rice, 100 g.
KT-606 tea       12.00  4.40 0.8 Kukicha|Twigs and stems, mild, 100 g.
KT-607 tea       14.50  6.00 0.6 Wakocha black tea|Japanese black tea, honeyed, 80 g.
KT-608 tea       34.00 14.80 0.7 Tea calendar|A different tea for each of 24 days.
KC-701 teaware   39.00 17.00 0.7 Kyusu pot, red clay|Side handle, 280 ml, fine strainer.
KC-702 teaware   24.00 10.00 0.9 Matcha bowl, ash glaze|Thrown by hand; no two alike.
KC-703 teaware   15.00  5.60 1.0 Bamboo whisk|Eighty tines from one piece.
KC-704 teaware    6.50  2.10 0.7 Bamboo scoop|One gram, more or less.
KC-705 teaware   18.00  7.20 0.9 Cherry bark caddy|Keeps 100 g fresh.
KC-706 teaware   32.00 13.60 0.5 Cups, set of two|Crackled celadon.
KC-707 teaware   78.00 36.00 0.2 Cast-iron kettle|Warms the room a little, too.
KC-708 teaware   64.00 28.50 0.35 Tea set for beginners|Bowl, whisk, scoop and matcha.
KS-801 things     4.20  1.30 1.8 Washi tape, stripes|Fifteen metres, tears straight.
KS-802 things     4.20  1.30 1.6 Washi tape, cranes|Small birds, all facing one way.
KS-803 things    12.50  4.60 0.8 Rubber stamp, fox|On cherry wood.
KS-804 things     8.00  2.60 0.6 Stamp pad, vermilion|Slow-drying pigment.
KS-805 things    18.00  6.90 0.8 Furoshiki cloth, 70 cm|Wraps a bottle, a book or a lunch.
KS-806 things     9.50  3.20 0.8 Incense, hinoki|Forty short sticks.
KS-807 things    29.00 12.00 0.4 Bone folder and awl set|Tools for the first hundred books.
KS-808 things     5.50  1.70 1.0 Paper clips, brass|Twenty, in a sliding box.
"""


@dataclass(frozen=True, slots=True)
class Product:
    """One thing on the shelf; `appeal` is how often it is chosen beside the others."""

    sku: str
    category: str
    price_minor: int
    cost_minor: int
    appeal: float
    name: str
    text: str

    def in_currency(self, currency: str) -> int:
        """Give the price in minor units of one of the shop's two currencies; pounds are rounded to 10 pence."""
        if currency == SHOP_CURRENCY:
            return self.price_minor
        return max(10, round(self.price_minor * _POUNDS_PER_EURO / 10) * 10)


@cache
def list_products() -> tuple[Product, ...]:
    """List everything on the shelf."""
    found = []
    for line in _TABLE.strip().splitlines():
        words, text = line.split("|")
        sku, category, price, cost, appeal, name = words.split(None, 5)
        found.append(Product(sku, category, _cents(price), _cents(cost), float(appeal), name, text))
    return tuple(found)


def find_product(sku: str) -> Product | None:
    """Find a product by its number."""
    return _by_sku().get(sku)


def search_products(text: str) -> list[Product]:
    """Find products whose name, text or category holds every word."""
    words = text.casefold().split()
    return [
        each
        for each in list_products()
        if words and all(word in f"{each.name} {each.text} {CATEGORIES[each.category][0]}".casefold() for word in words)
    ]


@cache
def _by_sku() -> dict[str, Product]:
    return {each.sku: each for each in list_products()}


def _cents(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part)
