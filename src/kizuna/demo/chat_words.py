"""What visitors of the simulated shop ask in the panel and what they are told; all of it made up here."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation in the panel; `page` is where it begins, `wish` how a department takes it up, if it does."""

    page: str
    subject: str
    question: str
    answer: str
    further: str
    told: str
    wish: str = ""


ENGLISH: Final = (
    Talk(
        "/category/ink/",
        "An ink for thin paper",
        "Hello, which of the blue inks does not bleed through thin paper?",
        "Hello! The iron blue is the driest of them, it hardly shows on the other side.",
        "And how long does it take to dry?",
        "About ten seconds on the thin paper. Shall I put a sample into your next parcel?",
        "A sample of the iron blue with the next parcel",
    ),
    Talk(
        "/checkout/",
        "Will it come in time",
        "If I order now, will it be here before Saturday?",
        "What leaves us by three in the afternoon is with you in two days, so yes.",
        "Even with the gift wrapping?",
        "Even then: the packing table wraps in the morning.",
    ),
    Talk(
        "/product/tea/",
        "Green tea for cold water",
        "Which sencha can I brew with cold water?",
        "The shaded one is lovely cold: two spoons to a litre, half an hour in the fridge.",
        "Do you have it in larger bags?",
        "Not on the shelf, but we can pack half a kilo for you.",
        "Half a kilo of shaded sencha in one bag",
    ),
    Talk(
        "/account/orders/",
        "Where the parcel is",
        "My parcel has not moved since Tuesday. Can you look?",
        "I am looking. It waits at the depot in Leipzig and goes out tomorrow.",
        "Thank you. Will somebody ring?",
        "They leave a note, and I watch it from here until it is with you.",
    ),
    Talk(
        "/category/paper/",
        "Paper for a fountain pen",
        "I write with a broad nib. Which notebook would you take?",
        "The one with the smooth cream paper: it holds a broad nib without feathering.",
        "Is there one with dots?",
        "Yes, in A5, and the workshop can stitch one in A6.",
        "A dotted notebook in A6 with the cream paper",
    ),
    Talk(
        "/product/pot/",
        "A cracked lid",
        "The lid of my pot came with a small crack. What can I do?",
        "I am sorry. A picture helps, and a new lid leaves us today.",
        "I have just sent one.",
        "It is here, thank you. The new lid is on its way; keep the old one for a plant.",
        "A new lid for a pot that came cracked",
    ),
    Talk(
        "/cart/",
        "Paying by invoice",
        "Can I pay by invoice?",
        "Yes, choose it in the last step; you have fourteen days.",
        "Also for the first order?",
        "Also for the first one, up to two hundred euros.",
    ),
)
GERMAN: Final = (
    Talk(
        "/category/ink/",
        "Tinte für dünnes Papier",
        "Guten Tag, welche blaue Tinte schlägt auf dünnem Papier nicht durch?",
        "Guten Tag! Das Eisenblau ist die trockenste, man sieht sie hinten kaum.",
        "Und wie lange trocknet sie?",
        "Auf dünnem Papier etwa zehn Sekunden. Darf ich Ihnen eine Probe beilegen?",
        "Eine Probe Eisenblau mit dem nächsten Paket",
    ),
    Talk(
        "/checkout/",
        "Ob es rechtzeitig kommt",
        "Wenn ich jetzt bestelle, ist es vor Samstag da?",
        "Was bis drei Uhr fertig ist, ist in zwei Tagen bei Ihnen, also ja.",
        "Auch mit Geschenkpapier?",
        "Auch dann, gepackt wird am Morgen.",
    ),
    Talk(
        "/account/orders/",
        "Wo das Paket ist",
        "Mein Paket bewegt sich seit Dienstag nicht. Können Sie nachsehen?",
        "Ich sehe nach. Es liegt in Leipzig und geht morgen hinaus.",
        "Danke. Ruft jemand an?",
        "Sie hinterlassen einen Zettel, und ich behalte es von hier aus im Blick.",
    ),
)
HELLO: Final = {"en": "Hello? Is somebody there?", "de": "Hallo? Ist jemand da?"}
THANKS: Final = {
    "en": ("Thank you, that helps!", "Perfect, thank you.", "How kind, thank you."),
    "de": ("Danke, das hilft!", "Wunderbar, vielen Dank.", "Das ist nett, danke."),
}
BY_MAIL: Final = {
    "en": "Good morning, you wrote while we were away. {answer}",
    "de": "Guten Morgen, Sie haben geschrieben, als niemand da war. {answer}",
}
SAID_AFTER: Final = ("Quick and kind.", "Felt like talking to the shop itself.", "I waited a little too long.")


def talks_in(language: str) -> tuple[Talk, ...]:
    """The conversations that are told in a language."""
    return GERMAN if language == "de" else ENGLISH
