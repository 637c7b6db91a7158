"""The brake on automatic answers: machines that answer each other must come to rest.

At most ten to one customer in three hours, two where the subject repeats, none to addresses of our own.
"""

from kizuna.conversations.mail import matching
from kizuna.conversations.models import Direction, Message

WINDOW_US = 180 * 60 * 1_000_000
MOST = 10
MOST_OF_A_SUBJECT = 2


def may_answer(shop_id: int, address: str, subject: str, now_us: int) -> bool:
    """Whether one more automatic answer may go to an address; ask it before writing one."""
    lean = address.strip().lower()
    if not lean or matching.is_own_address(shop_id, lean):
        return False
    sent = Message.objects.filter(
        shop_id=shop_id,
        direction=Direction.OUT,
        is_automatic=True,
        at_us__gt=now_us - WINDOW_US,
        conversation__messages__from_address=lean,
    ).distinct()
    subjects = [subject for _, subject in sent.values_list("pk", "subject")[: MOST + 1]]
    same = sum(1 for each in subjects if plain_subject(each) == plain_subject(subject))
    return len(subjects) < MOST and same < MOST_OF_A_SUBJECT


def plain_subject(subject: str) -> str:
    """A subject without what answering and forwarding puts before it."""
    words = subject.strip().lower()
    while True:
        head, colon, rest = words.partition(":")
        if not colon or head.strip() not in {"re", "aw", "sv", "antw", "fw", "fwd", "wg", "r", "odp", "vs"}:
            return " ".join(words.split())
        words = rest.strip()
