"""What a mail brings besides its text: files, kept by their hash, and HTML, cleaned when it is stored."""

from typing import TYPE_CHECKING

from kizuna.conversations import raw_mail
from kizuna.html import sanitise

if TYPE_CHECKING:
    from kizuna.conversations.mail.parsed import ParsedMail
    from kizuna.conversations.models import Message


def store_content(shop_id: int, message: "Message", mail: "ParsedMail", now_us: int) -> None:
    """Store the HTML of a message that was just added."""
    if mail.html:
        cleaned = sanitise.clean(mail.html)
        raw_mail.keep_html(message, cleaned.html, cleaned.blocked_images)
