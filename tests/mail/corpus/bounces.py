"""Bounces and complaints: RFC 3464 and 5965, and what servers write instead; hard and soft told apart."""

from tests.mail.corpus.case import Case, mail, multi, part

DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.example>"
ORIGINAL = (
    "From: Shop <care@shop.example>\nTo: anna@example.com\nSubject: Your order\nMessage-ID: <out@shop.example>\n\nText"
)


def _dsn(status: str, diagnostic: str = "", action: str = "failed", recipient: str = "anna@example.com") -> bytes:
    report = (
        f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}"
    )
    report += f"\nDiagnostic-Code: smtp; {diagnostic}" if diagnostic else ""
    parts = [
        part("It could not be delivered."),
        part(report, "message/delivery-status"),
        part(ORIGINAL, "message/rfc822"),
    ]
    return multi(
        "report",
        parts,
        parameters="; report-type=delivery-status",
        From=DAEMON,
        Subject="Undelivered Mail Returned to Sender",
    )


def _standard(name: str, hard: bool, status: str, diagnostic: str = "", action: str = "failed") -> Case:
    told = {"address": "anna@example.com", "hard": hard, "action": action, "message_id": "out@shop.example"}
    return Case(
        f"dsn_{name}",
        _dsn(status, diagnostic, action),
        "RFC 3464",
        {"verdict": "bounce", "failure": told},
        mail_from="",
    )


def _prose(name: str, hard: bool, subject: str, body: str, **headers: str) -> Case:
    raw = mail(body, **{"From": DAEMON, "Subject": subject, **headers})
    told = {"address": "anna@example.com", "hard": hard}
    return Case(f"prose_{name}", raw, "non-standard bounces", {"verdict": "bounce", "failure": told}, mail_from="")


ARF = "Feedback-Type: abuse\nUser-Agent: SomeGenerator/1.0\nVersion: 1\nOriginal-Rcpt-To: <anna@example.com>\nOriginal-Mail-From: <care@shop.example>"
QMAIL = "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<anna@example.com>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 User unknown\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <care@shop.example>\nMessage-ID: <out@shop.example>\n"

CASES = [
    _standard("user_unknown", True, "5.1.1", "550 5.1.1 <anna@example.com>: user unknown"),
    _standard("domain_unknown", True, "5.1.2", "Host or domain name not found"),
    _standard("mailbox_disabled", True, "5.2.1", "550 mailbox disabled"),
    _standard("mailbox_full", False, "5.2.2", "552 5.2.2 mailbox full"),
    _standard("mailbox_full_4", False, "4.2.2", "452 over quota"),
    _standard("greylisted", False, "4.7.1", "450 greylisted, try again"),
    _standard("delayed", False, "4.4.1", "connection timed out", "delayed"),
    _standard("delivered", False, "2.0.0", "250 ok", "delivered"),
    _standard("too_large", False, "5.3.4", "552 message size exceeds"),
    _standard("blocked_as_spam", False, "5.7.1", "554 5.7.1 message rejected as spam"),
    _standard("blocked_by_reputation", False, "5.7.0", "550 blocked, see our policy"),
    _standard("no_status_but_unknown_user", True, "5.0.0", "550 No such user here"),
    _standard("no_status_and_no_words", False, "5.0.0", "error"),
    _standard("moved", True, "5.1.6", "550 user has moved"),
    _standard("routing_loop", False, "5.4.6", "554 too many hops"),
    Case(
        "dsn_of_two_recipients",
        multi(
            "report",
            [
                part("x"),
                part(
                    "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; anna@example.com\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; bert@example.org\nAction: failed\nStatus: 4.2.2",
                    "message/delivery-status",
                ),
                part(ORIGINAL, "text/rfc822-headers"),
            ],
            From=DAEMON,
        ),
        "RFC 3464",
        {
            "verdict": "bounce",
            "failures": [("anna@example.com", True), ("bert@example.org", False)],
            "failure": {"message_id": "out@shop.example"},
        },
        mail_from="",
    ),
    Case(
        "dsn_original_recipient",
        _dsn("5.1.1", recipient="x@inside.example").replace(
            b"Action: failed", b"Original-Recipient: rfc822; anna@example.com\r\nAction: failed"
        ),
        "RFC 3464: forwarded inside",
        {"failure": {"address": "anna@example.com"}},
        mail_from="",
    ),
    Case(
        "dsn_broken_report",
        multi(
            "report",
            [part("User unknown: <anna@example.com>"), part("nonsense", "message/delivery-status")],
            From=DAEMON,
            Subject="failure notice",
        ),
        "RFC 3464, broken",
        {"verdict": "bounce"},
        mail_from="",
    ),
    _prose("qmail", True, "failure notice", QMAIL),
    _prose(
        "exim",
        True,
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\n  anna@example.com\n    host mx.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<anna@example.com>:\n    550 No such user",
        X_Failed_Recipients="anna@example.com",
    ),
    _prose(
        "exim_warning",
        False,
        "Warning: message 1abc delayed 24 hours",
        "A message that you sent has not yet been delivered to:\n\n  anna@example.com\n\nNo action is required, it will be retried.",
        X_Failed_Recipients="anna@example.com",
    ),
    _prose(
        "exchange",
        True,
        "Undeliverable: Your order",
        "Delivery has failed to these recipients or groups:\n\nanna@example.com\nThe email address you entered couldn't be found.\n\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'",
    ),
    _prose(
        "gmail",
        True,
        "Delivery Status Notification (Failure)",
        "Address not found\n\nYour message wasn't delivered to anna@example.com because the address couldn't be found.\n\n550 5.1.1 The email account that you tried to reach does not exist.",
    ),
    _prose(
        "sendmail",
        True,
        "Returned mail: see transcript for details",
        "   ----- The following addresses had permanent fatal errors -----\n<anna@example.com>\n    (reason: 550 5.1.1 <anna@example.com>... User unknown)",
    ),
    _prose(
        "german",
        True,
        "Unzustellbar: Ihre Bestellung",
        "Ihre Nachricht konnte nicht zugestellt werden an:\n\nanna@example.com\n\nEmpfänger unbekannt (550 5.1.1)",
    ),
    _prose(
        "quota",
        False,
        "Mail delivery failed",
        "The mail to <anna@example.com>:\n\n<anna@example.com>:\nmailbox is full, over quota",
    ),
    _prose(
        "postmaster",
        True,
        "Delivery failure",
        "<anna@example.com>\n550 5.1.1 unknown user",
        From="postmaster@mx.example",
    ),
    Case(
        "human_about_a_failed_delivery",
        mail("Your parcel could not be delivered, 550 Hill Road.", Subject="Delivery failure of my parcel"),
        "a human is no bounce",
        {"verdict": "human"},
    ),
    Case(
        "human_with_delivery_failed_words",
        mail("user unknown?", Subject="Mail delivery failed again?"),
        "a human is no bounce",
        {"verdict": "human"},
    ),
    Case(
        "complaint",
        multi(
            "report",
            [part("This is an abuse report."), part(ARF, "message/feedback-report"), part(ORIGINAL, "message/rfc822")],
            parameters="; report-type=feedback-report",
            From="fbl@isp.example",
            Subject="abuse report",
        ),
        "feedback reports, RFC 5965",
        {"verdict": "complaint", "failure": {"address": "anna@example.com", "message_id": "out@shop.example"}},
        mail_from="fbl@isp.example",
    ),
    Case(
        "complaint_without_recipient",
        multi(
            "report",
            [
                part("x"),
                part("Feedback-Type: abuse\nVersion: 1", "message/feedback-report"),
                part(ORIGINAL, "message/rfc822"),
            ],
            From="fbl@isp.example",
        ),
        "feedback reports",
        {"verdict": "complaint", "failure": {"address": "anna@example.com"}},
    ),
    Case(
        "complaint_unsubscribe_type",
        multi(
            "report",
            [
                part("x"),
                part(
                    "Feedback-Type: not-spam\nVersion: 1\nOriginal-Rcpt-To: anna@example.com", "message/feedback-report"
                ),
                part(ORIGINAL, "message/rfc822"),
            ],
            From="fbl@isp.example",
        ),
        "feedback reports",
        {"verdict": "complaint", "feedback": "not-spam"},
    ),
]
