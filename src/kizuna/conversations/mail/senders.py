"""Whether a mail comes from whom it names: what the receiving server we trust wrote into it, aligned with From.

Only the named server's own line counts, and only above any other: a sender can write such headers too. States: passed,
unknown, failed. Looking up signatures ourselves needs the network, and is the flow's affair.
"""

import re
from enum import StrEnum

from kizuna.conversations.mail.parsed import ParsedMail

_RESULT = re.compile(r"\b(dmarc|dkim|spf)\s*=\s*([a-z]+)((?:[^;\"]|\"[^\"]{0,500}\"){0,1500})", re.IGNORECASE)
_PROPERTY = re.compile(r"\b(header\.d|header\.i|header\.from|smtp\.mailfrom|smtp\.helo)\s*=\s*\"?([^\s;\"]+)", re.I)
_COMMENT = re.compile(r"\([^()]{0,500}\)")


class Check(StrEnum):
    """What we know of the sender."""

    PASSED = "passed"
    UNKNOWN = "unknown"
    FAILED = "failed"


def read_results(mail: ParsedMail, trusted: str) -> Check:
    """Judge by the Authentication-Results of the server we trust; unknown where it wrote none."""
    wanted = trusted.strip().lower()
    lines = [line for line in mail.auth_results if wanted and _server_of(line) == wanted]
    if not lines:
        return Check.UNKNOWN
    found: dict[str, list[tuple[str, str]]] = {}
    for name, result, rest in _RESULT.findall(_COMMENT.sub(" ", lines[0])):
        found.setdefault(name.lower(), []).append((result.lower(), rest))
    domain = mail.sender.address.rpartition("@")[2]
    dmarc = [result for result, _ in found.get("dmarc", [])]
    if "pass" in dmarc:
        return Check.PASSED
    if "fail" in dmarc:
        return Check.FAILED
    if any(
        result == "pass" and _names(rest, domain) for each in ("dkim", "spf") for result, rest in found.get(each, [])
    ):
        return Check.PASSED
    failed = {each for each in ("dkim", "spf") if any(result == "fail" for result, _ in found.get(each, []))}
    return Check.FAILED if failed == {"dkim", "spf"} else Check.UNKNOWN


def aligned(signing: str, domain: str) -> bool:
    """Whether one domain is the other or lies under it.

    Two neighbours under one roof are not: without the list of public suffixes a.github.io and b.github.io would be one
    organisation. A roof that many share (co.uk, github.io) signs for nobody under it but by its own owner.
    """
    one, other = signing.strip(". ").lower(), domain.strip(". ").lower()
    return bool(one) and bool(other) and (one == other or one.endswith(f".{other}") or other.endswith(f".{one}"))


def _server_of(line: str) -> str:
    return _COMMENT.sub(" ", line).split(";")[0].strip().split(" ")[0].lower()


def _names(rest: str, domain: str) -> bool:
    return any(aligned(value.rpartition("@")[2], domain) for _, value in _PROPERTY.findall(rest))
