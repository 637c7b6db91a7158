"""What we know of a mail's sender: the trusted server's word first, else the signature, where the network answers."""

from kizuna.conversations import mail_terms
from kizuna.conversations.mail import senders
from kizuna.conversations.mail.parsed import ParsedMail
from kizuna.conversations.mail.senders import Check


def check(shop_id: int, mail: ParsedMail, raw: bytes) -> Check:
    """Say whether the mail comes from whom it names."""
    return senders.read_results(mail, mail_terms.trusted_receiver(shop_id))
