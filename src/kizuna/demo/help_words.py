"""The simulated shop's own answers: articles in English and German, and what visitors looked for; all made up here."""

from typing import Final

CATEGORIES: Final = {
    "orders": {"en": "Orders and parcels", "de": "Bestellungen und Pakete"},
    "paper": {"en": "Paper and ink", "de": "Papier und Tinte"},
    "tea": {"en": "Tea", "de": "Tee"},
}
ARTICLES: Final = (
    (
        "orders",
        {
            "en": (
                "When will my parcel arrive?",
                "What you order **before three in the afternoon** leaves us the same day.\n\n- Germany and Austria: two"
                " days\n- elsewhere in Europe: three to five days\n\nYou get a mail with the number of the parcel as"
                " soon as it has left the packing table.",
            ),
            "de": (
                "Wann kommt mein Paket?",
                "Was Sie **vor drei Uhr nachmittags** bestellen, verlässt uns am selben Tag.\n\n- Deutschland und"
                " Österreich: zwei Tage\n- übriges Europa: drei bis fünf Tage\n\nSobald das Paket den Packtisch"
                " verlassen hat, bekommen Sie eine Mail mit seiner Nummer.",
            ),
        },
    ),
    (
        "orders",
        {
            "en": (
                "Sending something back",
                "You have **thirty days**. Put the thing into its box, write your order number on a piece of paper,"
                " and send it to us. The money is back within five days of its arrival.\n\nWhat came broken we replace"
                " at once: write to us in the panel and add a picture.",
            ),
            "de": (
                "Etwas zurücksenden",
                "Sie haben **dreißig Tage** Zeit. Legen Sie das Stück in seine Schachtel, dazu einen Zettel mit Ihrer"
                " Bestellnummer, und senden Sie es uns. Das Geld ist fünf Tage nach der Ankunft wieder bei Ihnen.",
            ),
        },
    ),
    (
        "orders",
        {
            "en": (
                "Ways to pay",
                "Card, transfer, or invoice with fourteen days. For a first order the invoice goes up to two hundred"
                " euros.\n\nIn the United Kingdom you pay in pounds; the rate is that of the day.",
            ),
        },
    ),
    (
        "orders",
        {
            "en": (
                "Wrapping presents",
                "Choose *wrap it* in the cart. Each thing gets its own paper, and a card with the name you tell us. It"
                " takes no longer than an ordinary parcel.",
            ),
        },
    ),
    (
        "paper",
        {
            "en": (
                "Which ink does not bleed through?",
                "On thin paper the drier inks are kinder: **iron blue** and **walnut** hardly show on the other side."
                " Wet inks need the smooth cream paper.\n\n1. Try a small sample first\n2. Use a fine nib\n3. Give it"
                " ten seconds to dry",
            ),
            "de": (
                "Welche Tinte schlägt nicht durch?",
                "Auf dünnem Papier sind die trockenen Tinten freundlicher: **Eisenblau** und **Walnuss** sieht man"
                " hinten kaum. Nasse Tinten brauchen das glatte cremefarbene Papier.",
            ),
        },
    ),
    (
        "paper",
        {
            "en": (
                "Notebooks made for you",
                "The workshop stitches six a week: your size, our papers, bound by hand. Tell us what you write with"
                " and we say which paper will please you. Count five working days.",
            ),
        },
    ),
    (
        "tea",
        {
            "en": (
                "Brewing sencha with cold water",
                "Two spoons of shaded sencha to a litre of cold water, half an hour in the fridge. It keeps a day."
                "\n\nHojicha wants hot water and no patience.",
            ),
            "de": (
                "Sencha mit kaltem Wasser",
                "Zwei Löffel beschatteter Sencha auf einen Liter kaltes Wasser, eine halbe Stunde in den Kühlschrank.",
            ),
        },
    ),
    (
        "tea",
        {
            "en": (
                "How tea keeps",
                "Green teas like the dark, the cold and a tight tin: three months once open. Black teas forgive a"
                " year.",
            ),
        },
    ),
)
INTERNAL: Final = (
    "Who decides about goodwill",
    "Up to thirty euros you decide yourself; above that ask Lea. Write the reason as a note, it is booked as an"
    " investment in the relationship.",
)
DRAFT: Final = ("Indigo: when the vat is ready", "To be written when the workshop has said how often it dyes.")
SEARCHES: Final = (
    ("en", "delivery time", 41),
    ("en", "return", 33),
    ("en", "ink bleed through", 19),
    ("en", "pay by invoice", 17),
    ("de", "lieferzeit paket", 16),
    ("en", "cold brew sencha", 12),
    ("en", "gift voucher", 14),
    ("en", "buy a gift voucher", 6),
    ("en", "voucher as a present", 4),
    ("en", "do you ship to switzerland", 9),
    ("en", "shipping switzerland customs", 5),
    ("de", "gutschein", 7),
    ("en", "opening hours workshop visit", 6),
    ("en", "left handed pen", 3),
)
"""Language, words, how often in the last weeks; what no article answers shows among the gaps."""
