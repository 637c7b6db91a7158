"""What simulated customers wish for, what the shop answers, learns and does about it; all of it made up here."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class WishWords:
    """One wish as a customer words it, and what the shop makes of it; `can` names an entry of the catalogue."""

    can: str
    kind: str
    title: str
    text: str
    understood: str
    lesson: tuple[str, str]
    done: str
    goods_minor: int = 0


WISHES: Final = (
    WishWords(
        "binding",
        "special",
        "An A6 notebook with the same paper",
        "I fill one A5 notebook a month and would love the same paper in A6, for the coat pocket. Could you make one?",
        "An A6 notebook of the thin crisp paper, thread-stitched, to carry in a pocket. Is that right?",
        ("want", "the A5 notebook's paper in A6, for the coat pocket"),
        "Your A6 notebook is stitched and on its way.",
        620,
    ),
    WishWords(
        "blend",
        "special",
        "Hojicha roasted a little darker",
        "The hojicha is lovely, but for the evening I would like it roasted darker. Is that something you do?",
        "A darker roast of the hojicha, about 200 g a month, for the evening?",
        ("preference", "hojicha roasted dark, for the evening"),
        "The darker roast left the pan this morning; 200 g are on the way to you.",
        840,
    ),
    WishWords(
        "wrapping",
        "special",
        "Four presents wrapped apart",
        "Please wrap four things apart from each other, with a name on each. It is for my nieces.",
        "Four parcels in one box, each with a name card: Mina, Ida, Lotte, Jo. Shall we?",
        ("fact", "four nieces: Mina, Ida, Lotte and Jo"),
        "Four parcels, four names, one box. It left today.",
        360,
    ),
    WishWords(
        "advice",
        "advice",
        "An ink that dries fast for a left hand",
        "My father writes with his left hand and smears everything. Which ink and which paper would you take?",
        "Fast-drying ink for a left-handed writer on plain paper; may we send three small samples?",
        ("need", "ink that dries fast: the father writes with his left hand"),
        "Three samples with a note on how long each takes to dry are in the post.",
        290,
    ),
    WishWords(
        "repair",
        "repair",
        "The lid of the clay pot chipped",
        "The lid of my red clay pot has a chip. Can it be mended rather than thrown away?",
        "You would rather have the lid mended with lacquer than replaced, even if it takes longer?",
        ("preference", "mends things rather than replacing them"),
        "The lid is mended with lacquer and gold powder; it looks better than before.",
        1150,
    ),
    WishWords(
        "standing",
        "special",
        "Sencha every two months",
        "I forget to order until the caddy is empty. Could sencha simply come every two months?",
        "200 g of sencha every second month, with a word from us beforehand. Right?",
        ("need", "sencha every two months without ordering"),
        "Your standing order is set up; we write a week before each parcel.",
    ),
    WishWords(
        "indigo",
        "special",
        "Indigo sheets from the next vat",
        "Please set two indigo-dyed sheets aside for me when the next vat is done.",
        "Two sheets from the next vat, kept for you until you say. Yes?",
        ("want", "two indigo-dyed sheets from every new vat"),
        "Two sheets of the new vat are kept under your name.",
    ),
    WishWords(
        "lesson",
        "advice",
        "A lesson in bookbinding",
        "Do you ever teach bookbinding? I would come from Utrecht for it.",
        "A half-day lesson, you would travel for it, and Fridays suit you best?",
        ("want", "a lesson in bookbinding, preferably on a Friday"),
        "Your place at the bench is kept.",
        1900,
    ),
)
DECLINED: Final = (
    (
        "A tea that grows without caffeine",
        "Could you find a green tea that has no caffeine at all? I sleep badly.",
        "No green tea grows without caffeine, and we do not sell treated leaves.",
        "Barley tea and a roasted twig tea with very little of it; we will put a sample of both into your next parcel.",
    ),
    (
        "Delivery within the hour",
        "Could a courier bring the paper today? I have an exhibition tonight.",
        "We pack once a day and have no courier of our own.",
        "It can leave at four today and be with you tomorrow before noon.",
    ),
)
AGREES: Final = (
    "Yes, exactly. No hurry.",
    "That is it. Thank you for asking!",
    "Right. Before the end of the month would be wonderful.",
    "Yes please, just like that.",
)
THANKS: Final = (
    "It came today and is just as I hoped. Thank you.",
    "You have made somebody very happy.",
    "Better than I imagined. I will tell my friends.",
    "Perfect, and so quickly.",
)
ANSWERS: Final = (
    "Thank you for asking. I tried it at the shop this morning: yes, and I have put a note about it into your file.",
    "Good that you ask. I would take the second one; if it is not right, send it back and we find another.",
    "I looked it up for you: it is on its way and should be with you on Thursday.",
    "Gladly, I have seen to it. Write again whenever something is not as it should be.",
)
PLAY_REPLY: Final = (
    "Thank you for telling us. I have written it into your file, and you will hear from us as soon as we can do it."
)
PLAY_ANSWERS: Final = (
    ("Since you ask: a smaller bag of gyokuro to try would be nice, 20 g perhaps.", "want", "gyokuro in small bags"),
    ("I would come more often if you told me when the indigo sheets are dyed again.", "want", "news of indigo sheets"),
    ("Honestly, plain wrapping without tape would make me happy.", "preference", "plain wrapping without tape"),
    ("A left-handed calligraphy set. I have looked for one for years.", "want", "a left-handed calligraphy set"),
    ("Nothing is missing, but I enjoy being asked. Thank you.", "fact", "enjoys being asked"),
)
