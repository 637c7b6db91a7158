"""What we know of a mail's sender: the trusted server's word first, else its signature, where the network answers.

Without a trusted server a mail's own DKIM signature is verified, if it is of the sender's domain. A broken signature
refutes nobody: lists and forwarders break them. Where names cannot be looked up, looking rests for a while.
"""

import time
from collections.abc import Callable

import dkim
import dns.exception
import dns.resolver

from kizuna.conversations import mail_terms
from kizuna.conversations.mail import senders
from kizuna.conversations.mail.parsed import ParsedMail
from kizuna.conversations.mail.senders import Check

LARGEST = 5 * 1024 * 1024
MOST_SIGNATURES = 3
_PATIENCE_S = 3.0
_REST_S = 60.0
_KEPT_S = 3600.0
_KEPT = 1000
type Lookup = Callable[[str], bytes]
_keys: dict[str, tuple[float, bytes]] = {}
_rests_until = 0.0


class _NoAnswer(Exception):
    """The network does not answer."""


def check(shop_id: int, mail: ParsedMail, raw: bytes) -> Check:
    """Say whether the mail comes from whom it names."""
    trusted = mail_terms.trusted_receiver(shop_id)
    if trusted:
        return senders.read_results(mail, trusted)
    return Check.PASSED if is_signed(mail, raw, find_key) else Check.UNKNOWN


def is_signed(mail: ParsedMail, raw: bytes, lookup: Lookup) -> bool:
    """Whether the sender's own domain signed the mail as it stands; False also where nobody can tell.

    A signature over the first part of the body alone (l=) vouches for no word that stands below it.
    """
    domain = mail.sender.address.rpartition("@")[2]
    if not domain or len(raw) > LARGEST or b"dkim-signature:" not in raw[:65_536].lower():
        return False
    for number in range(MOST_SIGNATURES):
        try:
            signature = dkim.DKIM(raw, minkey=1024)
            good = signature.verify(number, dnsfunc=lambda name, timeout=0: lookup(_text(name)))
            signer = _text(signature.domain or b"")
            whole = b"l" not in (signature.signature_fields or {})
        except _NoAnswer:
            return False
        except Exception:
            # hostile signatures make the library raise all kinds; none of them is a good one
            return False
        if good and whole and senders.aligned(signer, domain):
            return True
    return False


def find_key(name: str) -> bytes:
    """Look up the record of a key; kept for an hour."""
    global _rests_until
    now = time.monotonic()
    known = _keys.get(name)
    if known is not None and known[0] > now:
        return known[1]
    if now < _rests_until:
        raise _NoAnswer
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=_PATIENCE_S)
        found = b"".join(answer[0].strings)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        found = b""
    except (dns.exception.DNSException, OSError, ValueError):
        _rests_until = now + _REST_S
        raise _NoAnswer from None
    if len(_keys) >= _KEPT:
        _keys.clear()
    _keys[name] = (now + _KEPT_S, found)
    return found


def _text(word: bytes | str) -> str:
    return word.decode("ascii", "replace") if isinstance(word, bytes) else word
