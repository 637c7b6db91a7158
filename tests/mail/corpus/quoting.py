"""Quoted history and signatures: what the customer wrote anew is shown, the whole text is one click away."""

from tests.mail.corpus.case import Case, mail, multi, part

HISTORY = "> Your order 1001 was sent.\n> Kind regards"


def _reply(head: str, top: str = "Thank you, it arrived.", tail: str = "") -> bytes:
    return mail(f"{top}\n\n{head}\n{HISTORY}\n{tail}", Subject="Re: Your order")


def _cut(name: str, head: str, **more: str) -> Case:
    return Case(name, _reply(head), "quoted text", {"text": "Thank you, it arrived.", "cut_of_text": True, **more})


HTML_GMAIL = (
    '<div dir="ltr">Thank you, it arrived.</div><br><div class="gmail_quote"><div dir="ltr">On Sun, 22 Nov 2026 at '
    '10:00, Shop &lt;care@shop.example&gt; wrote:<br></div><blockquote class="gmail_quote">Your order 1001 was sent.'
    "</blockquote></div>"
)
OUTLOOK = "From: Shop <care@shop.example>\nSent: Sunday, 22 November 2026 10:00\nTo: Anna\nSubject: Your order\n\nYour order was sent."

CASES = [
    _cut("gmail_english", "On Sun, 22 Nov 2026 at 10:00, Shop <care@shop.example> wrote:"),
    _cut("apple_english", "On 22. Nov 2026, at 10:00, Shop <care@shop.example> wrote:"),
    _cut("gmail_german", "Am So., 22. Nov. 2026 um 10:00 Uhr schrieb Shop <care@shop.example>:"),
    _cut("thunderbird_german", "Am 22.11.26 um 10:00 schrieb Shop:"),
    _cut("gmail_french", "Le dim. 22 nov. 2026 à 10:00, Shop <care@shop.example> a écrit :"),
    _cut("gmail_italian", "Il giorno dom 22 nov 2026 alle ore 10:00 Shop <care@shop.example> ha scritto:"),
    _cut("gmail_spanish", "El dom, 22 nov 2026 a las 10:00, Shop (<care@shop.example>) escribió:"),
    _cut("gmail_dutch", "Op zo 22 nov. 2026 om 10:00 schreef Shop <care@shop.example>:"),
    _cut("gmail_swedish", "Den sön 22 nov. 2026 kl 10:00 skrev Shop <care@shop.example>:"),
    _cut("gmail_portuguese", "Em dom., 22 de nov. de 2026 às 10:00, Shop <care@shop.example> escreveu:"),
    _cut("gmail_polish", "W dniu niedz., 22 lis 2026 o 10:00 Shop <care@shop.example> napisał(a):"),
    _cut("gmail_japanese", "2026年11月22日(日) 10:00 Shop <care@shop.example>:"),
    _cut(
        "head_on_two_lines", "On Sun, 22 Nov 2026 at 10:00, The Customer Care of the Shop\n<care@shop.example> wrote:"
    ),
    Case(
        "outlook_block",
        mail(f"Thank you, it arrived.\n\n{OUTLOOK}", Subject="RE: Your order"),
        "quoted text",
        {"text": "Thank you, it arrived.", "cut_of_text": True},
    ),
    Case(
        "outlook_block_german",
        mail(
            "Danke!\n\nVon: Shop <care@shop.example>\nGesendet: Sonntag, 22. November 2026\nAn: Anna\nBetreff: Ihre\n\nText"
        ),
        "quoted text",
        {"text": "Danke!", "cut_of_text": True},
    ),
    Case(
        "outlook_line_and_block",
        mail(f"Thank you, it arrived.\n\n________________________________\n{OUTLOOK}"),
        "quoted text",
        {"text": "Thank you, it arrived."},
    ),
    Case(
        "original_message",
        mail("Thank you.\n\n-----Original Message-----\nFrom: Shop\nSent: today\n\nYour order was sent."),
        "quoted text",
        {"text": "Thank you."},
    ),
    Case(
        "bare_marks",
        mail(f"Thank you.\n\n{HISTORY}"),
        "quoted text without a head",
        {"text": "Thank you.", "cut_of_text": True},
    ),
    Case(
        "answers_between_the_quotes",
        mail("> Which tea?\nThe green one.\n> How much?\nTwo bags.\n> When?\nOn Monday."),
        "interleaved answers must not be cut",
        {"text_has": "Two bags.", "cut_of_text": False},
    ),
    Case(
        "answer_below_the_quote",
        mail("On Sun, 22 Nov 2026 at 10:00, Shop <care@shop.example> wrote:\n> Which tea?\n\nThe green one, please."),
        "bottom posting must not be cut",
        {"text_has": "The green one, please."},
    ),
    Case("only_a_quote", mail(HISTORY), "nothing left: nothing is cut", {"text": HISTORY, "cut_of_text": False}),
    Case(
        "signature",
        mail("Two bags, please.\n\n-- \nAnna Ohlsen\nTea street 1\n12345 Town"),
        "signature",
        {"text": "Two bags, please.", "cut_of_text": True},
    ),
    Case(
        "signature_of_a_phone",
        mail("Two bags, please.\n\nSent from my iPhone"),
        "signature",
        {"text": "Two bags, please."},
    ),
    Case(
        "signature_of_a_phone_german",
        mail("Zwei Tüten bitte.\n\nVon meinem iPhone gesendet"),
        "signature",
        {"text": "Zwei Tüten bitte."},
    ),
    Case(
        "a_list_with_hyphens_is_no_signature",
        mail("I would like:\n- green tea\n- black tea\n- a pot"),
        "text lost to a signature",
        {"text_has": "- a pot", "cut_of_text": False},
    ),
    Case(
        "a_rule_of_hyphens_is_no_signature",
        mail("First order\n--------\nSecond order\n--------\nThird order"),
        "text lost to a signature",
        {"text_has": "Third order"},
    ),
    Case(
        "best_regards_stay",
        mail("Two bags, please.\n\nBest regards\nAnna"),
        "text lost to a signature",
        {"text_has": "Anna"},
    ),
    Case(
        "on_at_the_beginning_is_no_head",
        mail("On Monday I wrote: please send the tea.\nNothing came.\nOn Friday I called."),
        "text lost to a head",
        {"text_has": "On Friday I called."},
    ),
    Case(
        "from_in_a_sentence_is_no_head",
        mail("From: Hamburg I ordered twice.\nThe second parcel is late."),
        "text lost to a head",
        {"text_has": "The second parcel is late."},
    ),
    Case(
        "html_gmail_quote",
        multi(
            "alternative",
            [
                part("Thank you, it arrived.\n\nOn Sun, 22 Nov 2026 at 10:00, Shop <care@shop.example> wrote:\n> x"),
                part(HTML_GMAIL, "text/html; charset=utf-8"),
            ],
        ),
        "quoted text",
        {"text": "Thank you, it arrived.", "html_has": "gmail"},
    ),
    Case(
        "html_alone_with_gmail_quote",
        mail(HTML_GMAIL, Content_Type="text/html; charset=utf-8"),
        "quotequail's HTML split misses plain gmail_quote",
        {"text": "Thank you, it arrived."},
    ),
    Case(
        "html_alone_with_blockquote",
        mail("<p>Yes, please.</p><blockquote><p>Shall we send it?</p></blockquote>", Content_Type="text/html"),
        "quoted text",
        {"text": "Yes, please."},
    ),
    Case(
        "forward_keeps_what_it_passes_on",
        mail(
            "Can you do this?\n\n---------- Forwarded message ---------\nFrom: Bert <bert@example.org>\nSubject: Tea\n\nI want tea.",
            Subject="Fwd: Tea",
        ),
        "forwarded mail",
        {"is_forward": True, "text_has": "I want tea.", "forwarded_from": "bert@example.org"},
    ),
    Case(
        "forward_by_apple",
        mail("Begin forwarded message:\n\nFrom: Bert <bert@example.org>\nSubject: Tea\n\nI want tea.", Subject="Tea"),
        "forwarded mail",
        {"is_forward": True, "text_has": "I want tea."},
    ),
    Case(
        "forward_german",
        mail(
            "Bitte!\n\n-------- Weitergeleitete Nachricht --------\nBetreff: Tee\nVon: Bert <bert@example.org>\n\nIch will Tee.",
            Subject="WG: Tee",
        ),
        "forwarded mail",
        {"is_forward": True, "text_has": "Ich will Tee.", "forwarded_from": "bert@example.org"},
    ),
    Case(
        "forward_as_attachment",
        multi(
            "mixed", [part(""), part("From: Bert <bert@example.org>\nSubject: Tea\n\nI want tea.", "message/rfc822")]
        ),
        "forwarded mail",
        {"is_forward": True, "text_has": "I want tea.", "forwarded_from": "bert@example.org", "files": ["part-1.eml"]},
    ),
    Case(
        "format_flowed",
        mail("This line goes \non and on \nto its end.\n\nNext.", Content_Type="text/plain; format=flowed"),
        "RFC 3676",
        {"text": "This line goes on and on to its end.\n\nNext."},
    ),
]
