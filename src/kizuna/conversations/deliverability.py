"""Whether others will believe a domain's mail: what its DNS says of SPF, DKIM, DMARC and the server's own name.

Pure but for the question put to the DNS, which is an argument. Each finding says what was found, what it means and what
to do; sources are RFC 7208 (SPF), 6376 (DKIM) and 7489 (DMARC).
"""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

MOST_LOOKUPS = 10
type Ask = Callable[[str, str], Sequence[str]]
"""Asks for the records of a name and kind; none where there are none. Raises NoAnswer."""


class NoAnswer(Exception):
    """The DNS did not answer."""


class _TooMany(Exception):
    """An SPF record leads to more questions than receivers ask."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: good, warn, bad or unknown."""

    name: str
    tone: str
    words: str
    advice: str = ""
    found: str = ""


def check_spf(ask: Ask, domain: str, sender_ip: str) -> Finding:
    """Look whether the domain says who may send for it, and names the server that does (where its address is known)."""
    try:
        records = [text for text in ask(domain, "TXT") if text.lower().split(" ")[0] == "v=spf1"]
        if not records:
            advice = f"Add a TXT record to {domain}, such as: v=spf1 mx include:YOUR-RELAY -all"
            return Finding("SPF", "bad", "The domain does not say which servers may send for it.", advice)
        if len(records) > 1:
            return Finding(
                "SPF", "bad", "There are several records; receivers then believe none.", "Keep one.", records[0]
            )
        allowed = _Spf(ask).allows(domain, sender_ip) if sender_ip else None
    except NoAnswer:
        return _unknown("SPF")
    except _TooMany:
        words = f"The record leads to more than {MOST_LOOKUPS} further questions; receivers then ignore it."
        return Finding("SPF", "bad", words, "Name fewer providers in it.", records[0])
    if allowed is False:
        words = f"The record does not name the server that sends for you ({sender_ip})."
        return Finding("SPF", "bad", words, "Add that server, or the include: of its provider.", records[0])
    if not records[0].lower().rstrip().endswith(("-all", "~all")) and "redirect=" not in records[0].lower():
        words = "The record does not end with -all or ~all, so that everybody may send for you."
        return Finding("SPF", "warn", words, "End it with ~all, later with -all.", records[0])
    words = "The record names the server that sends for you." if allowed else "There is one record, and it is closed."
    return Finding("SPF", "good", words, "", records[0])


def check_dkim(ask: Ask, domain: str, selector: str, public: str, in_use: bool) -> Finding:
    """Look whether the public half of the domain's key stands in the DNS; without a key the relay signs."""
    if not public:
        words = "Kizuna has no key for this domain: signing is left to your mail server or provider."
        return Finding(
            "DKIM", "warn", words, "Make a key under Mail, or send a test mail and look for dkim=pass in it."
        )
    name = f"{selector}._domainkey.{domain}"
    try:
        records = ask(name, "TXT")
    except NoAnswer:
        return _unknown("DKIM")
    told = next((text for text in records if "p=" in text), "")
    parts = dict(part.strip().split("=", 1) for part in told.split(";") if "=" in part)
    if not told:
        return Finding("DKIM", "bad", f"{name} has no record yet.", "Add the TXT record shown under Mail.")
    if "".join(parts.get("p", "").split()) != public:
        return Finding(
            "DKIM", "bad", f"{name} holds another key.", "Replace it with the record shown under Mail.", told
        )
    if not in_use:
        return Finding("DKIM", "warn", "The key stands in the DNS.", "Let Kizuna sign with it now.", told)
    return Finding("DKIM", "good", "The key stands in the DNS, and Kizuna signs with it.", "", told)


def check_dmarc(ask: Ask, domain: str) -> Finding:
    """Look what the domain asks receivers to do with mail that fails both checks."""
    try:
        records = [text for text in ask(f"_dmarc.{domain}", "TXT") if text.lower().startswith("v=dmarc1")]
    except NoAnswer:
        return _unknown("DMARC")
    if not records:
        advice = f"Add a TXT record to _dmarc.{domain}: v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
        return Finding("DMARC", "bad", "There is no policy; large mailbox providers ask for one.", advice)
    parts = dict(part.strip().lower().split("=", 1) for part in records[0].split(";") if "=" in part)
    if parts.get("p", "").strip() in ("quarantine", "reject"):
        return Finding("DMARC", "good", "Mail that only pretends to be yours is turned away.", "", records[0])
    advice = "Once SPF and DKIM hold for all your mail, change p=none to p=quarantine."
    return Finding("DMARC", "warn", "The policy only watches.", advice, records[0])


def check_reverse_name(ask: Ask, sender_ip: str) -> Finding:
    """Look whether the address of the sending server has a name that leads back to it."""
    name = "Name of the server"
    if not sender_ip:
        words = "The address from which mail leaves for the world is not known here."
        return Finding(name, "unknown", words, "Your provider or the relay's keeper sees to it.")
    pointer = ipaddress.ip_address(sender_ip).reverse_pointer
    try:
        names = [each.rstrip(".") for each in ask(pointer, "PTR")]
        kind = "AAAA" if ":" in sender_ip else "A"
        back = [each for each in names if sender_ip in ask(each, kind)]
    except NoAnswer:
        return _unknown(name)
    if back:
        return Finding(name, "good", f"{sender_ip} is called {back[0]}, and {back[0]} leads back to it.")
    advice = "Ask whoever gave you the address to set its reverse name to that of the mail server."
    words = (
        f"{sender_ip} is called {names[0]}, which does not lead back to it." if names else f"{sender_ip} has no name."
    )
    return Finding(name, "bad", words, advice)


def check_mx(ask: Ask, domain: str) -> Finding:
    """Look whether answers can come back at all."""
    try:
        servers = ask(domain, "MX")
    except NoAnswer:
        return _unknown("Answers")
    if servers:
        return Finding("Answers", "good", "The domain says where mail for it goes.", "", ", ".join(servers[:3]))
    return Finding(
        "Answers", "bad", "The domain does not say where mail for it goes: answers get lost.", "Add an MX record."
    )


class _Spf:
    """Walks an SPF record and those it includes, as far as a receiver would."""

    def __init__(self, ask: Ask) -> None:
        self._ask, self._left = ask, MOST_LOOKUPS

    def allows(self, domain: str, ip: str) -> bool:
        """Whether a server may send."""
        address = ipaddress.ip_address(ip)
        for term in self._terms(domain):
            qualifier, mechanism = (term[0], term[1:]) if term[0] in "+-~?" else ("+", term)
            if self._matches(mechanism, domain, address):
                return qualifier == "+"
            if mechanism.startswith("redirect="):
                self._count()
                return self.allows(mechanism[9:], ip)
        return False

    def _terms(self, domain: str) -> Iterator[str]:
        record = next((text for text in self._ask(domain, "TXT") if text.lower().split(" ")[0] == "v=spf1"), "")
        yield from (term.lower() for term in record.split()[1:])

    def _matches(self, term: str, domain: str, ip: "ipaddress.IPv4Address | ipaddress.IPv6Address") -> bool:
        name, _, value = term.partition(":")
        if name in ("ip4", "ip6"):
            try:
                return ip in ipaddress.ip_network(value, strict=False)
            except ValueError:
                return False
        target, _, _ = (value or domain).partition("/")
        if name == "include":
            self._count()
            return self.allows(value, str(ip))
        if name.split("/")[0] in ("a", "mx"):
            self._count()
            hosts = (
                [target] if name.startswith("a") else [each.split()[-1].rstrip(".") for each in self._ask(target, "MX")]
            )
            return any(str(ip) in self._ask(host, "AAAA" if ip.version == 6 else "A") for host in hosts)
        return name == "all"

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise _TooMany


def _unknown(name: str) -> Finding:
    return Finding(name, "unknown", "The DNS did not answer.", "Try again in a moment.")
