"""What a mail brings besides its text: files, kept by their hash, and HTML, cleaned when it is stored.

Images of the mail itself are shown from where they are kept; remote ones wait until somebody asks for them.
"""

from typing import TYPE_CHECKING

from kizuna.conversations import attachments, raw_mail
from kizuna.conversations.attachments import RASTER, NewFile
from kizuna.html import sanitise

if TYPE_CHECKING:
    from kizuna.conversations.mail.parsed import ParsedMail
    from kizuna.conversations.models import Message


def keep_files(mail: "ParsedMail") -> None:
    """Put the files of a mail on the disk before its transaction begins; doing it again changes nothing."""
    for file in mail.attachments:
        attachments.keep_bytes(file.content)


def store_content(shop_id: int, message: "Message", mail: "ParsedMail", now_us: int) -> None:
    """Store the files and the HTML of a message that was just added."""
    images: dict[str, str] = {}
    for file in mail.attachments:
        new = NewFile(file.name, file.content_type, file.content, file.content_id, message.pk)
        kept = attachments.store(shop_id, new, now_us)
        if kept.content_id and kept.content_type in RASTER:
            images.setdefault(kept.content_id, f"/files/{kept.token}/")
    if mail.html:
        cleaned = sanitise.clean(mail.html, images)
        raw_mail.keep_html(message, cleaned.html, cleaned.blocked_images)
