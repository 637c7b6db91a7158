"""Who is no human: out-of-office, receipts, lists, notifications; and humans who look like machines."""

from tests.mail.corpus.case import Case, mail, multi, part


def _case(name: str, verdict: str, about: str = "automatic mail", body: str = "I am away.", **headers: str) -> Case:
    return Case(name, mail(body, **headers), about, {"verdict": verdict})


def _away(name: str, subject: str) -> Case:
    return _case(f"away_{name}", "away", "out-of-office by its subject", Subject=subject)


MDN = [
    part("Your mail was shown."),
    part(
        "Final-Recipient: rfc822; anna@example.com\nDisposition: manual-action/MDN-sent-manually; displayed",
        "message/disposition-notification",
    ),
]

CASES = [
    _case("auto_replied", "away", Auto_Submitted="auto-replied"),
    _case("auto_replied_with_comment", "away", Auto_Submitted="auto-replied (vacation)"),
    _case("auto_generated", "automatic", Auto_Submitted="auto-generated"),
    _case("auto_notified", "automatic", Auto_Submitted="auto-notified; owner-email=x"),
    _case("auto_submitted_no", "human", Auto_Submitted="no"),
    _case("x_autoreply", "away", X_Autoreply="yes"),
    _case("x_autoreply_no", "human", X_Autoreply="no"),
    _case("x_autorespond", "away", X_Autorespond="away"),
    _case("precedence_auto_reply", "away", Precedence="auto_reply"),
    _case("precedence_bulk", "automatic", Precedence="bulk"),
    _case("precedence_junk", "automatic", Precedence="junk"),
    _case("precedence_list", "list", Precedence="list"),
    _case("precedence_first_class", "human", Precedence="first-class"),
    _case("exchange_rules_agent", "away", X_MS_Exchange_Generated_Message_Source="Mailbox Rules Agent"),
    _case(
        "exchange_loop_header",
        "away",
        X_MS_Exchange_Inbox_Rules_Loop="care@shop.example",
        X_Auto_Response_Suppress="All",
    ),
    _case("suppress_alone_is_human", "human", "a human's Exchange", X_Auto_Response_Suppress="DR, OOF, AutoReply"),
    _case("post_message_class_9", "away", X_POST_MessageClass="9; Autoresponder"),
    _away("english", "Out of Office: Green tea"),
    _away("automatic_reply", "Automatic reply: Green tea"),
    _away("german", "Abwesenheitsnotiz: Grüner Tee"),
    _away("german_outlook", "Automatische Antwort: Grüner Tee"),
    _away("french", "Réponse automatique : Thé vert"),
    _away("italian", "Risposta automatica: Tè verde"),
    _away("spanish", "Respuesta automática: Té verde"),
    _away("dutch", "Automatisch antwoord: Groene thee"),
    _away("japanese", "自動応答: 緑茶"),
    _case(
        "words_inside_a_subject_are_human",
        "human",
        "a human is no machine",
        Subject="Re: Your automatic reply confused me",
    ),
    _case(
        "out_of_office_inside_is_human", "human", "a human is no machine", Subject="Tea for our office, out of stock?"
    ),
    _case("list_id", "list", "list mail", List_Id="<tea.lists.example>"),
    _case("newsletter", "list", "list mail", List_Unsubscribe="<mailto:leave@news.example>"),
    _case("mailman", "list", "list mail", List_Post="<mailto:tea@lists.example>", Precedence="list"),
    _case("no_reply_sender", "automatic", "nobody reads it", From="Parcel <no-reply@parcel.example>"),
    _case("notifications_sender", "automatic", "nobody reads it", From="notifications@github.example"),
    _case("noreen_is_a_human", "human", "a human is no machine", From="Noreen <noreen@example.com>"),
    _case("cron", "automatic", "nobody reads it", From="root@host.example", Subject="Cron <root@host> backup"),
    Case("no_return_address", mail("Hello"), "empty Return-Path", {"verdict": "automatic"}, mail_from=""),
    Case(
        "empty_return_path_header",
        mail("Hello", Return_Path="<>"),
        "empty Return-Path",
        {"verdict": "automatic"},
        mail_from=None,
    ),
    Case(
        "read_receipt",
        multi("report", MDN, parameters="; report-type=disposition-notification"),
        "receipts",
        {"verdict": "receipt"},
    ),
    _case(
        "fifty_one_hops",
        "loop",
        "mail loops",
        Received="from a by b\r\n" + "".join("Received: from a by b\r\n" for _ in range(50)) + "X-End: 1",
    ),
    _case("unsubscribe_subject", "unsubscribe", "one-click unsubscribe by mail", body="", Subject="unsubscribe"),
    _case("unsubscribe_german", "unsubscribe", "unsubscribe by mail", body="", Subject="Abmelden"),
    _case("unsubscribe_body", "unsubscribe", "unsubscribe by mail", body="unsubscribe", Subject=""),
    _case(
        "unsubscribe_with_a_story_is_human",
        "human",
        "a human is no command",
        body="Please tell me how long my subscription runs, I may want to unsubscribe from the tea box but keep the pot. "
        * 3,
        Subject="unsubscribe",
    ),
    _case(
        "auto_reply_is_no_unsubscribe",
        "away",
        "auto-reply taken as unsubscribe (Mautic #2761)",
        body="unsubscribe",
        Subject="unsubscribe",
        Auto_Submitted="auto-replied",
    ),
    _case("invitation_reply_is_human", "human", "calendar answers", Subject="Accepted: Tea"),
]
