"""Whether a human wrote a mail: out-of-office, receipts, lists, machines; by headers, or by the words some use.

Being wrong costs on both sides: a machine counted as a human distorts the relationship factor and begins loops, a human
counted as a machine waits for an answer. So a subject counts only where it begins with the words.
"""

import re

from kizuna.conversations.mail import headers, tree
from kizuna.conversations.mail.parsed import Verdict
from kizuna.conversations.mail.tree import Node

MOST_HOPS = 50
_AWAY = re.compile(
    r"^\s*(\[[^\]]{1,20}\]\s*)?(out of (the )?office|automatic reply|automated reply|auto[- ]?reply|autoreply"
    r"|auto[- ]?response"
    r"|abwesenheit(snotiz|sassistent)?\b|automatische antwort|réponse automatique|absence du bureau|absent du bureau"
    r"|risposta automatica|fuori sede|respuesta automática|fuera de la oficina|automatisch antwoord|afwezig"
    r"|autosvar|automatiskt svar|automatisk svar|odpowiedź automatyczna|automatická odpověď|自動応答|自动回复|不在)",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"^(no-?_?\.?reply|do-?not-?reply|donotreply|nicht-?antworten|mailer-daemon|postmaster|daemon"
    r"|nobody|root|cron|www-data"
    r"|notifications?|bounces?|auto(matic|mailer)?|listserv|majordomo)([+.-].*)?@",
    re.IGNORECASE,
)
_UNSUBSCRIBE = re.compile(
    r"^\s*(re:\s*)?(unsubscribe(\s+me)?|opt[- ]?out|abmelden|abbestellen|newsletter abmelden|austragen"
    r"|désabonner|désinscription|cancellami|disiscriviti|darse de baja|cancelar suscripción"
    r"|uitschrijven|afmelden)[.!\s]*$",
    re.IGNORECASE,
)
_BULK = {"bulk", "junk", "list", "auto_reply", "auto-reply"}


def judge(root: Node, sender: str, subject: str, text: str, *, from_nobody: bool) -> tuple[Verdict, str]:
    """Judge who wrote a mail that reports nothing; (verdict, why, for the page)."""
    mail = root.mail
    submitted = headers.raw_of(mail, "auto-submitted").split(";")[0].split("(")[0].strip().lower()
    precedence = headers.raw_of(mail, "precedence").strip().lower()
    replied = _find_autoreply(mail, submitted, precedence)
    if _is_receipt(root, subject):
        return Verdict.RECEIPT, "a receipt: it says that a mail was shown or deleted"
    if replied or _AWAY.match(subject):
        return Verdict.AWAY, replied or f"its subject begins with {subject[:40]!r}"
    if submitted not in {"", "no"}:
        return Verdict.AUTOMATIC, f"Auto-Submitted: {submitted[:40]}"
    found = _find_list(mail)
    if found:
        return Verdict.LIST, found
    if precedence in _BULK:
        return Verdict.AUTOMATIC, f"Precedence: {precedence}"
    if from_nobody:
        return Verdict.AUTOMATIC, "it has no return address"
    if _NOBODY.match(sender):
        return Verdict.AUTOMATIC, f"nobody reads {sender[:60]}"
    if headers.raw_of(mail, "x-fc-machinegenerated").lower() == "true":
        return Verdict.AUTOMATIC, "X-FC-MachineGenerated"
    if wants_no_more(subject, text):
        return Verdict.UNSUBSCRIBE, "it asks for no more mail and nothing else"
    return Verdict.HUMAN, ""


def wants_no_more(subject: str, text: str) -> bool:
    """Whether a mail says 'unsubscribe' and nothing else."""
    words = text.strip()
    if _UNSUBSCRIBE.match(subject):
        return len(words) <= 200 and (not words or bool(_UNSUBSCRIBE.match(words)) or "unsubscribe" in words.lower())
    return not subject.strip() and bool(words) and len(words) < 40 and bool(_UNSUBSCRIBE.match(words))


def _find_autoreply(mail: tree.Mail, submitted: str, precedence: str) -> str:
    if submitted == "auto-replied":
        return "Auto-Submitted: auto-replied"
    for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply"):
        value = headers.raw_of(mail, name)
        if value and value.lower() not in {"no", "false"}:
            return name.title()
    if precedence in {"auto_reply", "auto-reply"}:
        return f"Precedence: {precedence}"
    if headers.raw_of(mail, "x-post-messageclass").startswith("9"):
        return "X-POST-MessageClass: 9"
    if "mailbox rules agent" in headers.raw_of(mail, "x-ms-exchange-generated-message-source").lower():
        return "a rule of the mailbox wrote it"
    suppressed = headers.raw_of(mail, "x-auto-response-suppress").lower()
    loop = headers.raw_of(mail, "x-ms-exchange-inbox-rules-loop")
    return "an Exchange autoreply" if loop and suppressed else ""


def _find_list(mail: tree.Mail) -> str:
    for name in ("list-id", "list-post", "mailing-list", "x-mailing-list", "x-google-group-id"):
        value = headers.raw_of(mail, name)
        if value:
            return f"{name.title()}: {value[:80]}"
    if headers.raw_of(mail, "list-unsubscribe"):
        return "List-Unsubscribe: it is a newsletter"
    if headers.raw_of(mail, "precedence").strip().lower() == "list":
        return "Precedence: list"
    return ""


def _is_receipt(root: Node, subject: str) -> bool:
    if tree.parameter(root.mail, "report-type").lower() == "disposition-notification":
        return True
    return any(node.kind == "message/disposition-notification" for node in tree.walk(root))
