"""The state of a shop's mail for its owner: how mail leaves, what became of it, who signs, what the DNS says."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import dns.exception
import dns.resolver
from django.conf import settings

from kizuna.conversations import deliverability, mail_ids, outgoing, signing, signing_keys, teams
from kizuna.conversations.deliverability import Ask, Finding, NoAnswer
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Notice
from kizuna.science import periods

if TYPE_CHECKING:
    from kizuna.shops.models import Person, Shop

PATIENCE_S = 4.0


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain that the shop writes from: its teams' addresses, and the key that signs."""

    name: str
    senders: list[tuple[str, str]]
    selector: str
    record: str
    in_use: bool


@dataclass(frozen=True, slots=True)
class Way:
    """How mail leaves: by smtp, through a provider, or not at all (files)."""

    kind: str
    name: str
    signs_here: bool


def way_out() -> Way:
    """Tell how mail leaves this installation."""
    mailer: dict[str, Any] = settings.MAILERS["default"]
    backend, options = str(mailer.get("BACKEND", "")), mailer.get("OPTIONS", {})
    if settings.MAIL_PROVIDER:
        return Way("provider", settings.MAIL_PROVIDER.replace("_", " ").title(), False)
    if backend.endswith("smtp.EmailBackend"):
        return Way("smtp", f"{options.get('host')}:{options.get('port')}", True)
    return Way("files", str(options.get("file_path", "")), False)


def list_domains(shop: "Shop") -> list[Domain]:
    """List the domains of the shop's teams, each with its key where there is one."""
    senders: dict[str, list[tuple[str, str]]] = {}
    for team in teams.list_teams(shop.pk):
        if team.address:
            senders.setdefault(mail_ids.domain_of(team.address), []).append((team.name, team.address))
    found = []
    for name, addresses in sorted(senders.items()):
        key = signing_keys.find(shop.pk, name)
        record = signing.write_record(key.public) if key is not None else ""
        selector, in_use = (key.selector, key.in_use) if key is not None else ("", False)
        found.append(Domain(name, addresses, selector, record, in_use))
    return found


def count_states(shop: "Shop", now: datetime) -> dict[str, int]:
    """Count the mails of the last day by what became of them, and all that still wait."""
    return outgoing.count_since(shop.pk, periods.epoch_us(now - timedelta(days=1)))


def check(shop: "Shop", domain: str, ask: Ask | None = None) -> list[Finding]:
    """Look at everything that lets others believe the mail of a domain."""
    asked = ask or ask_dns
    key = signing_keys.find(shop.pk, domain)
    sender_ip = _sender_ip(asked)
    selector, public, in_use = (key.selector, key.public, key.in_use) if key is not None else ("", "", False)
    return [
        deliverability.check_spf(asked, domain, sender_ip),
        deliverability.check_dkim(asked, domain, selector, public, in_use),
        deliverability.check_dmarc(asked, domain),
        deliverability.check_reverse_name(asked, sender_ip),
        deliverability.check_mx(asked, domain),
    ]


def send_test(shop: "Shop", person: "Person", now: datetime) -> str:
    """Queue a test mail to whoever asks for it; returns their address."""
    text = (
        f"This is a test mail of {shop.name}.\n\n"
        "Look at its source in your mail program: the line Authentication-Results should say spf=pass, dkim=pass and"
        " dmarc=pass. If it lay in the spam folder, the check in Settings, Mail says what to mend."
    )
    told = Notice(person.email, f"Test mail of {shop.name}", text, key=f"test-{periods.epoch_us(now)}")
    sending.send_notice(shop, told, now)
    return str(person.email)


def ask_dns(name: str, kind: str) -> Sequence[str]:
    """Ask the system's DNS servers."""
    try:
        answer = dns.resolver.resolve(name, kind, lifetime=PATIENCE_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as problem:
        raise NoAnswer(f"{kind} of {name}") from problem
    if kind == "TXT":
        return [b"".join(each.strings).decode("utf-8", "replace") for each in answer]
    return [each.to_text().rstrip(".") for each in answer]


def _sender_ip(ask: Ask) -> str:
    """The public address from which mail leaves, as far as it can be known: that of a relay elsewhere."""
    way = way_out()
    if way.kind != "smtp":
        return ""
    host = way.name.rpartition(":")[0]
    try:
        found = str(ipaddress.ip_address(host))
    except ValueError:
        try:
            found = next(iter(ask(host, "A")), "")
        except NoAnswer:
            return ""
    return found if found and ipaddress.ip_address(found).is_global else ""
