"""The words of the daily pages: what each segment is and asks for, why somebody moved, why an event was dropped.

Words only; a page never builds a sentence about a customer from codes by itself.
"""

from dataclasses import dataclass

from kizuna.html import figures
from kizuna.science.portfolio import Concentration
from kizuna.tracking.responsiveness import Response


@dataclass(frozen=True)
class SegmentWords:
    """How people speak of a segment."""

    letter: str
    name: str
    short: str
    meaning: str
    next_step: str

    @property
    def tone(self) -> str:
        """The class of its colour."""
        return f"tone-{self.letter.lower() or 'none'}"


SEGMENTS = {
    "A": SegmentWords(
        "A",
        "Most valuable customers",
        "must be retained",
        "High net revenue ratio and a strong relationship.",
        "Keep them: privileges, the first answer, an open question about what they wish for.",
    ),
    "B": SegmentWords(
        "B",
        "Strengthen the relationship",
        "worth a talk",
        "High net revenue ratio, but a weak relationship: they could leave without a word.",
        "Begin the dialogue: write personally, ask, learn and act on what you learn.",
    ),
    "C": SegmentWords(
        "C",
        "Grow sales, win advocates",
        "close to you",
        "A strong relationship that brings little net profit so far.",
        "Recommend what fits them, and ask for a review or a referral.",
    ),
    "D": SegmentWords(
        "D",
        "Serve at low cost",
        "plain and friendly",
        "Low net revenue ratio and a weak relationship.",
        "Good self-service and plain transaction marketing are a legitimate choice here.",
    ),
    "": SegmentWords(
        "",
        "Not yet placed",
        "nothing to compare yet",
        "Known or visiting, but without an order or refund; or nobody brought net profit in the period.",
        "Make the first purchase easy; they are placed as soon as they buy.",
    ),
}

FACTORS = {
    "R": ("Recency", "how fresh the last purchase is"),
    "F": ("Frequency", "how often they buy"),
    "M": ("Money", "what they spend"),
    "V": ("Visits", "how often they visit"),
    "E": ("E-mails from them", "how often they write to you"),
}

CAUSES = {
    "daily_snapshot": "time passed: the daily snapshot",
    "criterion_changed": "the factors or weights were changed",
    "reference_frozen": "a new reference was frozen",
    "reconstructed": "imported history",
    "imported": "an import",
    "merged": "two customers were merged",
    "unmerged": "a merge was undone",
    "recomputed": "a full recompute",
}

CHANNEL_ICONS = {
    "web": "web",
    "e-mail": "mail",
    "chat": "chat",
    "phone": "phone",
    "fax": "fax",
    "post": "post",
    "in person": "handshake",
}

KIND_ICONS = {
    "Product Added": "cart",
    "Product Removed": "cart",
    "Cart Viewed": "cart",
    "Products Searched": "search",
    "Product Reviewed": "star",
}

MENDING = {
    "duplicate": "Nothing to do: the same message came twice and counts once.",
    "robot": "Nothing to do: visits of robots are not customers.",
    "bad_json": "The body is no valid JSON. Check what builds it, and that it is sent as UTF-8.",
    "too_large": "One event may have 32 KB. Send long lists or texts in several events, or leave them out.",
    "unknown_type": "The type must be one of identify, track, page, screen, group and alias.",
    "missing": "The line below names the field. Add it where the event is sent.",
    "wrong_type": "The line below names the field and what was expected. Send numbers as numbers.",
    "too_long": "Identifiers have at most 255 characters. Send the id, not a whole record.",
    "too_deep": "Flatten the properties: objects may be nested only a few levels.",
    "bad_number": "Not-a-number, infinity and absurdly large numbers cannot be stored. Check the calculation.",
    "bad_time": "Times are ISO 8601, not before 1990 and not more than a day ahead. Check the sender's clock.",
    "bad_order": "The line below says what is wrong with the order: total, currency, quantity or its number.",
    "no_identity": "Send a userId, or let the client make its anonymousId.",
    "unknown_rate": "Enter an exchange rate under Settings, Currencies, then send the order again as a new message.",
    "erased": "Nothing to do: who is erased is not made known again by what still waited.",
    "internal_error": "This is our fault; the log of the server has the details. The event is kept.",
}


def segment_words(letter: str | None) -> SegmentWords:
    """Give the words of a segment; nobody's segment is not yet placed."""
    return SEGMENTS.get(letter or "", SEGMENTS[""])


def cause_words(cause: str) -> str:
    """Say why somebody moved: a known cause in words, else the name of the event."""
    return CAUSES.get(cause) or cause.replace("_", " ")


def event_words(name: str) -> str:
    """Write an event's name as a line of the time line: "Product Viewed" becomes "Product viewed"."""
    words = name.replace("_", " ").split()
    kept = [word if word.isupper() and len(word) > 1 else word.lower() for word in words]
    text = " ".join(kept)
    return text[:1].upper() + text[1:]


def move_words(from_segment: str, to_segment: str) -> str:
    """Say what a move means for the shop."""
    if from_segment == "A":
        return "left the most valuable customers"
    if to_segment == "A":
        return "became a most valuable customer"
    if to_segment == "B":
        return "brings profit, relationship to strengthen"
    if to_segment == "C":
        return "relationship is strong, sales can grow"
    if not from_segment:
        return "placed for the first time"
    return "relationship and profit went down"


def response_words(response: Response) -> str:
    """Say how a customer responds to the shop's mails; empty where none was sent."""
    if response.ratio is None:
        return ""
    mails = f"{response.sent} mail" if response.sent == 1 else f"{response.sent} mails"
    did = [
        f"{count} {what}"
        for count, what in (
            (response.opened, "opened"),
            (response.clicked, "clicked"),
            (response.answered, "answered"),
        )
        if count
    ]
    return f"responds to {figures.share(response.ratio, 0)} of {mails} from you{': ' if did else ''}{', '.join(did)}"


def concentration_words(measured: Concentration | None) -> str:
    """Say what became of the 80/20 rule in this shop; empty where nobody brought profit."""
    if measured is None:
        return ""
    return (
        f"The most profitable fifth of the customers brings {figures.share(measured.held_by_top_fifth, 0)} of it; "
        f"80 % comes from {figures.share(measured.customers_holding_80_percent, 0)} of the customers."
    )
