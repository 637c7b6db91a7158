"""Beginnings of what a customer is told about their wish, in their language; people change them before they are sent.

Words for customers: no stages, segments or reasons of ours. The gaps are filled when the letter is sent
(flows.wishes.telling), because what they say is decided with the same click.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kizuna.conversations.models import ServiceRequest

LETTERS = {
    "en": {
        "ask": "Thank you for your message. Did we understand you right?\n\n{{ learned }}\n\nPlease tell us if it is "
        "so, or what should be different.",
        "accept": "Good news: we can do it. We promise it for {{ day }}.\n\n{{ title }}",
        "decline": "Thank you for telling us your wish. We are sorry that we cannot fulfil it as you told us.",
        "fulfil": "It is done: {{ title }}\n\nIs it as you wished? A short word from you helps us.",
    },
    "de": {
        "ask": "Danke für Ihre Nachricht. Haben wir Sie richtig verstanden?\n\n{{ learned }}\n\nBitte sagen Sie uns, "
        "ob es so ist oder was anders sein soll.",
        "accept": "Gute Nachricht: das können wir. Wir versprechen es Ihnen für den {{ day }}.\n\n{{ title }}",
        "decline": "Danke, dass Sie uns Ihren Wunsch gesagt haben. Leider können wir ihn so nicht erfüllen.",
        "fulfil": "Es ist getan: {{ title }}\n\nIst es so, wie Sie es sich gewünscht haben? Ein kurzes Wort hilft uns.",
    },
}


def letters_of(wish: "ServiceRequest") -> dict[str, str]:
    """Give the beginnings of letters about a wish in its customer's language."""
    language = (wish.customer.language if wish.customer else "")[:2].lower()
    return LETTERS.get(language, LETTERS["en"])
