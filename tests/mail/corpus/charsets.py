"""Charset chaos: wrong labels, no labels, labels nobody knows, 8-bit headers."""

import base64
import quopri

from tests.mail.corpus.case import Case, mail, multi, part

TEA = "Grüner Tee, süß – 5 €"
KANJI = "緑茶をください"
RUSSIAN = "Зелёный чай"


def _labelled(text: str, codec: str, label: str, **headers: str) -> bytes:
    return mail(text.encode(codec), Content_Type=f"text/plain; charset={label}", **headers)


def _word(text: str, codec: str, label: str, how: str = "b") -> str:
    raw = text.encode(codec)
    told = base64.b64encode(raw).decode() if how == "b" else quopri.encodestring(raw, header=True).decode()
    return f"=?{label}?{how}?{told}?="


CASES = [
    Case("utf8_plain", _labelled(TEA, "utf-8", "utf-8"), "charset", {"text": TEA}),
    Case("utf8_without_label", mail(TEA.encode()), "charset", {"text": TEA}),
    Case("utf8_called_latin1", _labelled(TEA, "utf-8", "iso-8859-1"), "charset", {"text": TEA, "problem": "charset"}),
    Case("utf8_called_ascii", _labelled(TEA, "utf-8", "us-ascii"), "charset", {"text": TEA}),
    Case(
        "latin1_called_utf8", _labelled("Grüße", "latin-1", "utf-8"), "charset", {"text": "Grüße", "problem": "charset"}
    ),
    Case("windows1252_called_latin1", _labelled(TEA, "cp1252", "iso-8859-1"), "charset", {"text": TEA}),
    Case("windows1252_without_label", mail("Grüße – 5 €".encode("cp1252")), "charset", {"text": "Grüße – 5 €"}),
    Case("unknown_label", _labelled("Hello", "ascii", "x-unknown"), "charset", {"text": "Hello"}),
    Case("unknown_8bit_label", _labelled("Grüße", "latin-1", "unknown-8bit"), "charset", {"text": "Grüße"}),
    Case("label_in_quotes_and_spaces", _labelled(TEA, "utf-8", '" utf-8 "'), "charset", {"text": TEA}),
    Case("shift_jis", _labelled(KANJI, "shift_jis", "shift_jis"), "charset", {"text": KANJI}),
    Case("iso_2022_jp", _labelled(KANJI, "iso2022_jp", "iso-2022-jp"), "charset", {"text": KANJI}),
    Case(
        "euc_kr_by_its_old_name",
        _labelled("녹차 주세요", "cp949", "ks_c_5601-1987"),
        "charset",
        {"text": "녹차 주세요"},
    ),
    Case("gb2312_with_signs_of_gbk", _labelled("绿茶鎔", "gbk", "gb2312"), "charset", {"text": "绿茶鎔"}),
    Case("big5", _labelled("綠茶", "big5", "big5"), "charset", {"text": "綠茶"}),
    Case("koi8_r", _labelled(RUSSIAN, "koi8_r", "koi8-r"), "charset", {"text": RUSSIAN}),
    Case("windows1251", _labelled(RUSSIAN, "cp1251", "windows-1251"), "charset", {"text": RUSSIAN}),
    Case(
        "utf16_with_mark",
        mail(
            base64.b64encode("Tee".encode("utf-16")),
            Content_Type="text/plain; charset=utf-16",
            Content_Transfer_Encoding="base64",
        ),
        "charset",
        {"text": "Tee"},
    ),
    Case("utf8_with_mark", mail(b"\xef\xbb\xbfTee"), "charset", {"text": "Tee"}),
    Case("utf7", _labelled("Gr+APwA3w-e", "ascii", "utf-7"), "charset", {"text": "Grüße"}),
    Case("a_codec_that_is_no_charset", _labelled("Hello", "ascii", "zip"), "charset, hostile label", {"text": "Hello"}),
    Case("punycode_as_charset", _labelled("Hello-", "ascii", "punycode"), "charset, slow codec", {"text": "Hello-"}),
    Case("nul_in_text", mail(b"Gr\x00een"), "8-bit garbage: databases refuse NUL", {"text": "Green"}),
    Case("garbage", mail(bytes(range(128, 256)) * 4), "8-bit garbage", {"verdict": "human", "subject": "Green tea"}),
    Case(
        "quoted_printable_broken",
        mail(
            b"Gr=C3=BC=ZZ=\r\nn=",
            Content_Type="text/plain; charset=utf-8",
            Content_Transfer_Encoding="quoted-printable",
        ),
        "transfer encoding",
        {"text_has": "Grü"},
    ),
    Case(
        "base64_broken",
        mail(b"SGVsbG8gd29ybGQ*!!", Content_Transfer_Encoding="base64"),
        "transfer encoding",
        {"text_has": "Hello"},
    ),
    Case(
        "base64_with_wrong_line_ends",
        mail(
            base64.b64encode(TEA.encode()) + b"\n\n",
            Content_Type="text/plain; charset=utf-8",
            Content_Transfer_Encoding="BASE64",
        ),
        "transfer encoding",
        {"text": TEA},
    ),
    Case(
        "unknown_transfer_encoding",
        mail("Hello", Content_Transfer_Encoding="8-bit-ish"),
        "transfer encoding",
        {"text": "Hello"},
    ),
    Case(
        "subject_in_base64_words",
        mail(Subject=_word("Grüner Tee", "utf-8", "utf-8")),
        "headers",
        {"subject": "Grüner Tee"},
    ),
    Case("subject_in_q_words", mail(Subject="=?iso-8859-1?q?Gr=FCner_Tee?="), "headers", {"subject": "Grüner Tee"}),
    Case(
        "subject_cut_inside_a_character",
        mail(Subject="=?utf-8?b?R3LD?= =?utf-8?b?vG5lcg==?="),
        "headers: some writers cut words inside a character",
        {"subject": "Grüner"},
    ),
    Case("subject_with_unknown_charset", mail(Subject="=?x-none?q?Gr=FCn?="), "headers", {"subject": "Grün"}),
    Case("subject_with_broken_base64", mail(Subject="=?utf-8?b?R3LDvG4?="), "headers", {"subject": "Grün"}),
    Case("subject_raw_utf8", mail(Subject="Grüner Tee"), "headers", {"subject": "Grüner Tee"}),
    Case("subject_raw_latin1", mail(Subject="Gr\udcfcn"), "8-bit headers", {"subject": "Grün"}),
    Case(
        "subject_of_iso_2022_jp", mail(Subject=_word(KANJI, "iso2022_jp", "iso-2022-jp")), "headers", {"subject": KANJI}
    ),
    Case(
        "subject_with_language_tag", mail(Subject="=?utf-8*de?q?Gr=C3=BCn?="), "headers, RFC 2231", {"subject": "Grün"}
    ),
    Case(
        "name_in_words",
        mail(From=f"{_word('Änne Öl', 'utf-8', 'utf-8', 'q')} <anna@example.com>"),
        "headers",
        {"name": "Änne Öl"},
    ),
    Case(
        "two_charsets_in_two_parts",
        multi(
            "mixed",
            [
                part("Grün".encode("latin-1"), "text/plain; charset=latin1"),
                part("緑".encode("shift_jis"), "text/plain; charset=shift_jis"),
            ],
        ),
        "charset per part",
        {"text": "Grün\n\n緑"},
    ),
    Case(
        "html_with_a_charset_of_its_own",
        mail("<p>Gr\xfcn</p>".encode("latin-1"), Content_Type="text/html; charset=iso-8859-1"),
        "charset",
        {"text": "Grün"},
    ),
]
