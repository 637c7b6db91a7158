"""What simulated customers write and say, in their own words; all of it made up here."""

QUESTIONS = (
    ("Does the gyokuro keep until spring?", "I bought two bags and drink slowly. Should I freeze one of them?"),
    (
        "Which paper for fountain pens?",
        "My Tsubame bleeds a little on plain paper. Which of your pads would you take?",
    ),
    ("Wrapping several small things", "Could you wrap four presents apart from each other, in the crane tape?"),
    ("My parcel", "The tracking has not moved since Tuesday. I am in no hurry, I would just like to know."),
    ("Momigami for book covers", "Is the charcoal sheet strong enough for a cover that is opened every day?"),
    ("An invoice for my studio", "Could you put the name of my studio on the invoice? I forgot it at the checkout."),
    ("Refills", "Will the five-year diary be there again next autumn, in the same green?"),
    ("Water temperature", "The hojicha tastes flat at 70 degrees. What do you do in the shop?"),
    ("A present for my father", "He writes with his left hand and smears everything. Which ink dries fastest?"),
    ("Sending to an island", "Do you also send to the Azores, and how long would it take?"),
    ("Thank you for the card", "The card in the parcel made my week. Who draws these?"),
    ("Lessons?", "Do you ever teach bookbinding? I would come from Utrecht for it."),
)
PRAISE = (
    "The parcel smelled of cedar and nothing was broken. Thank you.",
    "Best hojicha I have had outside Uji.",
    "My daughter now writes letters. That is your fault.",
    "You answered on a Sunday. I did not expect that.",
    "The replacement came before I had sent the first one back.",
    "The red clay pot pours without a drop. I stopped looking for another.",
)
COMPLAINTS = (
    "One of the two cups arrived with a crack.",
    "I waited nine days and heard nothing.",
    "The ink is far lighter than on the picture.",
    "I was charged shipping although the order was above sixty.",
    "The grid is printed a little crooked on half of the pages.",
    "The caddy does not close properly.",
)
WISHES = (
    ("An A6 notebook with the same paper", "KN-202"),
    ("A smaller kyusu for one person", "KC-701"),
    ("Gyokuro in bags of 20 g, to try", "KT-602"),
    ("Left-handed calligraphy sets", "KP-406"),
    ("A standing order for sencha every two months", "KT-601"),
    ("Tell me when the indigo sheets are dyed again", "KW-106"),
    ("Envelopes that fit the card set", "KL-303"),
    ("Plain wrapping without tape, please", "KS-802"),
    ("A matcha that is kinder to the purse", "KT-603"),
)
SUGGESTIONS = (
    "Put the weight of the paper into grams, not only into words.",
    "Show the inks on your own papers.",
    "Offer a drawer of seconds, I would buy them gladly.",
    "A small lamp icon for papers that glow when lit from behind.",
    "Let me send a letter pad straight to a friend, with a note.",
)
REVIEWS = {
    5: ("Exactly as described, and better in the hand.", "I have ordered it three times now.", "A joy every morning."),
    4: ("Lovely, only a little smaller than I thought.", "Good paper, the cover bends.", "Very good, slow delivery."),
    3: ("Fine, but not what I hoped for.", "Nice colour, dries slowly."),
    2: ("The pattern does not line up.", "Too thin for my pens."),
}
CALLS = (
    ("Asked for the delivery date", "answered"),
    ("Changed the address of an order", "done"),
    ("Wanted advice on a first tea set", "recommended KC-708"),
    ("Asked whether a pot can be repaired", "sent to our potter"),
    ("Missing scoop in the parcel", "sent the next day"),
)
CALLS_MADE = (
    ("Called back about the cracked cup", "replaced"),
    ("Told that the indigo sheets are back", "ordered"),
    ("Asked how the tea set works out", "content"),
)
LETTERS = (
    "A postcard from Kanazawa",
    "A thank-you in brush writing",
    "A drawing of the fox stamp",
    "A pressed maple leaf",
)
LETTERS_SENT = (
    "A hand-written new year card",
    "A sample of the spring papers",
    "An apology with a small sheet of washi",
)
SURVEY = "How likely would you recommend us to a friend?"
PREFERENCES = (
    ("wrapping", "no plastic, no tape"),
    ("tea", "green, not roasted"),
    ("mail", "only about new papers"),
    ("pens", "fine nibs"),
    ("delivery", "to the neighbour, Saturdays"),
)
