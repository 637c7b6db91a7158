"""Parts and files: attachments, inline images, invitations, encrypted and signed mail, mail in mail."""

import base64

from tests.mail.corpus.case import Case, inner, mail, multi, part

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 16).decode()
INVITATION = (
    "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Tea\\, together\nDTSTART:20261201T100000Z\n"
    "DTEND:20261201T110000Z\nLOCATION:Tea\n  room\nORGANIZER;CN=Anna:mailto:anna@example.com\nEND:VEVENT\nEND:VCALENDAR"
)
TEXT, HTML = part("Hello"), part("<p>Hello <b>you</b></p>", "text/html; charset=utf-8")
IMAGE = part(
    PNG,
    "image/png; name=logo.png",
    Content_Transfer_Encoding="base64",
    Content_ID="<logo@x>",
    Content_Disposition="inline",
)
PDF = part(
    "JVBERi0xLjQ=",
    'application/pdf; name="order.pdf"',
    Content_Transfer_Encoding="base64",
    Content_Disposition="attachment",
)
FORWARDED = b"From: Bert <bert@example.org>\r\nSubject: Inner\r\nMessage-ID: <in@x>\r\n\r\nInner text"


def _file(name: str, header: str) -> Case:
    one = part("JVBERi0=", "application/pdf", Content_Transfer_Encoding="base64", Content_Disposition=header)
    return Case(f"file_name_{name}", multi("mixed", [TEXT, one]), "attachment names")


def _named(name: str, header: str, shown: str) -> Case:
    made = _file(name, header)
    return Case(made.name, made.raw, made.about, {"files": [shown], "text": "Hello"})


CASES = [
    Case(
        "alternative",
        multi("alternative", [TEXT, HTML]),
        "text and HTML",
        {"text": "Hello", "html_has": "<b>you</b>", "files": []},
    ),
    Case("html_before_text", multi("alternative", [HTML, TEXT]), "text and HTML", {"text": "Hello", "html_has": "you"}),
    Case("html_alone", mail("<p>Hello</p><p>you</p>", Content_Type="text/html"), "HTML only", {"text": "Hello\n\nyou"}),
    Case(
        "alternative_with_empty_text",
        multi("alternative", [part(" \n"), HTML]),
        "HTML only in truth",
        {"text": "Hello you"},
    ),
    Case(
        "related_inside_alternative",
        multi("alternative", [TEXT, inner("related", [part('<img src="cid:logo@x"> Hi', "text/html"), IMAGE])]),
        "inline images",
        {"text": "Hello", "files": ["logo.png"], "html_has": "cid:logo@x"},
    ),
    Case(
        "mixed_with_pdf",
        multi("mixed", [inner("alternative", [TEXT, HTML]), PDF]),
        "attachment",
        {"text": "Hello", "files": ["order.pdf"]},
    ),
    Case(
        "apple_text_image_text",
        multi("mixed", [part("Above"), IMAGE, part("Below")]),
        "text after an attachment must not be lost",
        {"text": "Above\n\nBelow", "files": ["logo.png"]},
    ),
    Case(
        "mailing_list_footer",
        multi("mixed", [inner("alternative", [TEXT, HTML]), part("_____\nList footer")]),
        "text after an alternative",
        {"text_has": "Hello"},
    ),
    Case(
        "text_attached_is_a_file",
        multi("mixed", [TEXT, part("a;b", "text/plain", Content_Disposition='attachment; filename="list.txt"')]),
        "attachment",
        {"text": "Hello", "files": ["list.txt"]},
    ),
    Case(
        "html_attached_is_a_file",
        multi("mixed", [TEXT, part("<b>x</b>", "text/html", Content_Disposition='attachment; filename="page.html"')]),
        "attachment",
        {"text": "Hello", "html": "", "files": ["page.html"]},
    ),
    Case(
        "file_alone",
        mail("JVBERi0=", Content_Type="application/pdf; name=a.pdf", Content_Transfer_Encoding="base64"),
        "no text at all",
        {"text": "", "files": ["a.pdf"]},
    ),
    _named("continued", "attachment; filename*0=long; filename*1=er.pdf", "longer.pdf"),
    _named("rfc2231", "attachment; filename*=utf-8''gr%C3%BCn.pdf", "grün.pdf"),
    _named("encoded_word", 'attachment; filename="=?utf-8?b?Z3LDvG4ucGRm?="', "grün.pdf"),
    _named("with_a_path", 'attachment; filename="../../etc/passwd"', "etc passwd"),
    _named("with_a_windows_path", 'attachment; filename="C:\\\\temp\\\\a.pdf"', "C temp a.pdf"),
    _named("that_turns_direction", "attachment; filename*=utf-8''a%E2%80%AEfdp.exe", "a fdp.exe"),
    _named("with_control_signs", "attachment; filename*=utf-8''a%00%0d%0ab.pdf", "a b.pdf"),
    _named("empty", 'attachment; filename=""', "part-1.pdf"),
    Case(
        "file_name_of_a_thousand_signs",
        multi(
            "mixed",
            [TEXT, part("x", "application/pdf", Content_Disposition=f'attachment; filename="{"a" * 1000}.pdf"')],
        ),
        "attachment names",
        {"longest_name": 180},
    ),
    Case(
        "invitation",
        multi("alternative", [TEXT, part(INVITATION, "text/calendar; method=REQUEST; charset=utf-8")]),
        "calendar parts",
        {"text": "Hello", "meeting": "Tea, together", "files": ["part-1.ics"]},
    ),
    Case(
        "invitation_attached",
        multi("mixed", [TEXT, part(INVITATION, "application/ics; name=invite.ics")]),
        "calendar parts",
        {"meeting": "Tea, together", "files": ["invite.ics"]},
    ),
    Case(
        "invitation_alone",
        mail(INVITATION, Content_Type="text/calendar; method=REQUEST"),
        "calendar parts",
        {"meeting": "Tea, together"},
    ),
    Case(
        "calendar_without_event",
        multi("mixed", [TEXT, part("BEGIN:VCALENDAR\nEND:VCALENDAR", "text/calendar")]),
        "calendar parts",
        {"meeting": None},
    ),
    Case(
        "smime_encrypted",
        mail(
            "MIIB",
            Content_Type="application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m",
            Content_Transfer_Encoding="base64",
        ),
        "S/MIME kept as attachment",
        {"protection": "smime-encrypted", "files": ["smime.p7m"], "text": ""},
    ),
    Case(
        "smime_signed",
        multi(
            "signed",
            [TEXT, part("MIIB", "application/pkcs7-signature; name=smime.p7s", Content_Transfer_Encoding="base64")],
            parameters='; protocol="application/pkcs7-signature"',
        ),
        "S/MIME kept as attachment",
        {"protection": "smime-signed", "text": "Hello", "files": ["smime.p7s"]},
    ),
    Case(
        "pgp_signed",
        multi(
            "signed",
            [TEXT, part("-----BEGIN PGP SIGNATURE-----", "application/pgp-signature; name=signature.asc")],
            parameters='; protocol="application/pgp-signature"',
        ),
        "PGP kept as attachment",
        {"protection": "pgp-signed", "text": "Hello", "files": ["signature.asc"]},
    ),
    Case(
        "pgp_encrypted",
        multi(
            "encrypted",
            [
                part("Version: 1", "application/pgp-encrypted"),
                part("-----BEGIN PGP MESSAGE-----", "application/octet-stream; name=encrypted.asc"),
            ],
            parameters='; protocol="application/pgp-encrypted"',
        ),
        "PGP kept as attachment",
        {"protection": "pgp-encrypted", "files": ["part-1.asc", "encrypted.asc"]},
    ),
    Case(
        "pgp_inline",
        mail("-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----"),
        "PGP",
        {"protection": "pgp-encrypted"},
    ),
    Case(
        "mail_in_mail",
        multi("mixed", [part("See below."), part(FORWARDED, "message/rfc822")]),
        "forwarded mail",
        {"text": "See below.", "files": ["part-1.eml"]},
    ),
    Case(
        "winmail",
        multi(
            "mixed",
            [TEXT, part("eJ8+IgAA", "application/ms-tnef; name=winmail.dat", Content_Transfer_Encoding="base64")],
        ),
        "kept as it is",
        {"files": ["winmail.dat"]},
    ),
    Case(
        "uuencoded",
        mail("begin 644 a.txt\n+:&5L;&\\@=V]R;&0*\n`\nend", Content_Transfer_Encoding="x-uuencode"),
        "old encodings",
        {"text_has": "hello"},
    ),
    Case(
        "no_end_of_parts",
        multi("mixed", [TEXT, PDF], end=False),
        "cut off on the way",
        {"text": "Hello", "files": ["order.pdf"]},
    ),
    Case(
        "boundary_that_never_comes",
        mail("Hello", Content_Type='multipart/mixed; boundary="nowhere"'),
        "broken structure",
        {"text_has": "Hello"},
    ),
    Case(
        "multipart_without_boundary",
        mail("Hello", Content_Type="multipart/mixed"),
        "broken structure",
        {"text_has": "Hello"},
    ),
    Case(
        "nested_boundary_prefix",
        multi("mixed", [inner("alternative", [TEXT, HTML], boundary="b11"), PDF]),
        "boundaries that begin alike",
        {"text": "Hello", "files": ["order.pdf"]},
    ),
    Case("content_type_nonsense", mail("Hello", Content_Type="text"), "broken structure", {"text": "Hello"}),
    Case(
        "content_type_twice",
        mail("Hello", Content_Type="text/plain; charset=utf-8; charset=latin1"),
        "broken structure",
        {"text": "Hello"},
    ),
    Case("empty_mail", b"", "empty mail", {"text": "", "problem": "no_sender"}, mail_from=None),
    Case("only_line_ends", b"\r\n\r\n\r\n", "empty mail", {"text": "", "problem": "no_sender"}, mail_from=None),
    Case("no_headers", b"\r\nHello", "no headers", {"text": "Hello", "problem": "no_sender"}, mail_from=None),
    Case(
        "only_headers",
        b"From: anna@example.com\r\nSubject: Hi\r\n",
        "no body",
        {"text": "", "subject": "Hi", "sender": "anna@example.com"},
    ),
    Case("line_ends_of_unix", mail("Hello\nyou").replace(b"\r\n", b"\n"), "line ends", {"text": "Hello\nyou"}),
    Case("line_ends_of_old_macs", mail(b"Hello\ryou"), "line ends", {"text": "Hello\nyou"}),
    Case(
        "mbox_line_first",
        b"From anna@example.com Sun Nov 22 10:00:00 2026\r\n" + mail("Hello"),
        "fetched from an mbox",
        {"text": "Hello", "sender": "anna@example.com"},
    ),
    Case(
        "amp_part",
        multi("alternative", [TEXT, part("<html amp4email>x</html>", "text/x-amp-html"), HTML]),
        "AMP",
        {"text": "Hello", "html_has": "you"},
    ),
    Case(
        "several_senders",
        mail("Hello", From="anna@example.com, eve@evil.example"),
        "two addresses in From",
        {"sender": "anna@example.com", "problem": "several_senders"},
    ),
    Case(
        "address_without_brackets", mail("Hello", From="anna@example.com"), "addresses", {"sender": "anna@example.com"}
    ),
    Case("address_in_capitals", mail("Hello", From="ANNA@Example.COM"), "addresses", {"sender": "anna@example.com"}),
    Case(
        "name_with_comma_unquoted",
        mail("Hello", From="Ohlsen, Anna <anna@example.com>"),
        "addresses",
        {"sender": "anna@example.com"},
    ),
    Case(
        "address_with_comment",
        mail("Hello", From="anna@example.com (Anna Ohlsen)"),
        "addresses",
        {"sender": "anna@example.com"},
    ),
    Case(
        "address_hidden_in_name",
        mail("Hello", From='"support@bank.example" <eve@evil.example>'),
        "spoofed name",
        {"sender": "eve@evil.example", "name": "support@bank.example"},
    ),
    Case(
        "address_smuggled_in_word",
        mail("Hello", From="=?utf-8?q?care=40shop.example=3E=2C?= <eve@evil.example>"),
        "spoofed name",
        {"sender": "eve@evil.example"},
    ),
    Case(
        "no_from_but_envelope",
        mail("Hello", From=""),
        "no From",
        {"sender": "anna@example.com", "problem": "no_sender"},
    ),
    Case(
        "group_of_recipients",
        mail("Hello", To="friends: bert@example.org, care@shop.example;"),
        "addresses",
        {"to_has": "care@shop.example"},
    ),
    Case("undisclosed_recipients", mail("Hello", To="undisclosed-recipients:;"), "addresses", {"to": ()}),
    Case("date_nonsense", mail("Hello", Date="yesterday"), "dates", {"date_us": None}),
    Case("date_of_1970", mail("Hello", Date="Thu, 1 Jan 1970 00:00:00 +0000"), "dates", {"date_us": None}),
    Case("date_in_year_99999", mail("Hello", Date="Sun, 22 Nov 99999 11:00:00 +0000"), "dates", {"date_us": None}),
]
