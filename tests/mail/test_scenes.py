"""Mails in their circumstances: whose thread they join and whose never, what machines may cause, what is kept aside."""

import pytest

from kizuna.conversations import mail_ids, threads
from kizuna.conversations.mail import brake
from kizuna.conversations.models import InboundTerms, Message, Outgoing, RawMail, RawState, State, Team
from kizuna.conversations.threads import Author, Direction, NewMessage
from kizuna.customers import identity, links
from kizuna.customers.identity import IdentityKind
from kizuna.flows import identities
from kizuna.flows.dialogue import files
from kizuna.flows.mail_in import receiving
from kizuna.flows.mail_out import sending
from kizuna.flows.mail_out.sending import Notice
from kizuna.outreach import suppression
from kizuna.science.periods import DAY_US
from tests.mail.corpus.bounces import DAEMON
from tests.mail.corpus.case import multi, part
from tests.mail.post import CARE, NOW, NOW_US, Post, make_post, write


def _answer(post: Post, **headers: str) -> bytes:
    told = {"Message_ID": "<two@example.com>", "Subject": "Re: Green tea", **headers}
    return write("Yes, please.", **told)


# -- whose thread


def test_a_token_survives_a_change_of_case_on_the_way(post: Post) -> None:
    conversation = post.deliver(write()).conversation
    _, address = post.answer(conversation)
    raw = post.deliver(_answer(post, To=address.upper()), to=address.upper())
    assert raw.conversation == conversation


@pytest.mark.parametrize("change", ["flip", "cut", "swap"])
def test_a_forged_token_leads_nowhere(post: Post, change: str) -> None:
    conversation = post.deliver(write()).conversation
    _, address = post.answer(conversation)
    local, _, domain = address.partition("@")
    forged = {
        "flip": f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}",
        "cut": f"{local[:-4]}@{domain}",
        "swap": f"reply+{local[6:][::-1]}@{domain}",
    }[change]
    with pytest.raises(receiving.UnknownRecipient):
        post.deliver(_answer(post), to=forged)
    raw = post.deliver(_answer(post, Cc=forged))
    assert raw.conversation != conversation


def test_a_forged_message_id_in_references_leads_nobody_in(post: Post) -> None:
    """GHSA-8vm3-wwq4-ggfx: whoever guesses an id must not read along or write into it."""
    conversation = post.deliver(write()).conversation
    raw = post.deliver(
        write("Let me in", From="eve@evil.example", Message_ID="<e@evil.example>", References="<one@example.com>")
    )
    assert raw.conversation != conversation
    assert raw.message.remarks["answers_of_another"] == str(conversation.public_id)


def test_an_id_of_another_shop_leads_nowhere(post: Post) -> None:
    other = make_post("other-shop", "care@other.example")
    theirs = other.deliver(write(To="care@other.example"), to="care@other.example").conversation
    message, address = other.answer(theirs)
    raw = post.deliver(_answer(post, In_Reply_To=f"<{message.message_id}>", Cc=address))
    assert raw.conversation != theirs
    assert raw.shop_id == post.shop.pk


def test_another_teams_mailbox_begins_its_own_conversation(post: Post) -> None:
    conversation = post.deliver(write()).conversation
    message, _ = post.answer(conversation)
    Team.objects.create(shop=post.shop, name="Returns", address="returns@shop.example")
    raw = post.deliver(_answer(post, In_Reply_To=f"<{message.message_id}>"), to="returns@shop.example")
    assert raw.conversation != conversation
    assert raw.conversation.team.name == "Returns"


def test_somebody_in_copy_belongs_to_the_conversation(post: Post) -> None:
    conversation = post.deliver(write()).conversation
    message_id = mail_ids.make_message_id("x", conversation.public_id, "shop.example")
    new = NewMessage(
        Direction.OUT,
        Author.PERSON,
        "Hi both",
        NOW_US,
        to=["anna@example.com"],
        cc=["bert@example.org"],
        message_id=message_id,
    )
    threads.append(post.shop.pk, conversation.pk, new, NOW_US)
    raw = post.deliver(_answer(post, From="Bert <bert@example.org>", In_Reply_To=f"<{message_id}>"))
    assert raw.conversation == conversation


def test_a_second_address_of_the_same_customer_belongs(post: Post) -> None:
    conversation = post.deliver(write()).conversation
    message, _ = post.answer(conversation)
    second = identity.ensure(post.shop.pk, IdentityKind.EMAIL, ["a.ohlsen@work.example"], [NOW_US])
    customers = links.customers_of(post.shop.pk, [conversation.identity_id, *second.values()])
    keep, away = customers[conversation.identity_id], customers[second["a.ohlsen@work.example"]]
    identities.merge(post.shop, identities.Pair(keep, away), None, NOW)
    raw = post.deliver(_answer(post, From="a.ohlsen@work.example", In_Reply_To=f"<{message.message_id}>"))
    assert raw.conversation == conversation


def test_a_refuted_sender_joins_nobodys_thread_or_profile(post: Post) -> None:
    InboundTerms.objects.create(shop=post.shop, trusted_receiver="mx.shop.example")
    conversation = post.deliver(write()).conversation
    message, address = post.answer(conversation)
    facts = post.facts()
    raw = post.deliver(
        _answer(
            post,
            In_Reply_To=f"<{message.message_id}>",
            Authentication_Results="mx.shop.example; dmarc=fail header.from=example.com",
        ),
        to=address,
    )
    assert raw.conversation != conversation
    assert raw.conversation.customer is None
    assert raw.message.remarks["sender_check"] == "failed"
    assert post.facts() == facts


def test_an_answer_opens_a_closed_conversation_again(post: Post) -> None:
    conversation = post.deliver(write()).conversation
    message, _ = post.answer(conversation)
    conversation.refresh_from_db()
    conversation.state = State.CLOSED
    conversation.save()
    post.deliver(_answer(post, In_Reply_To=f"<{message.message_id}>"))
    conversation.refresh_from_db()
    assert conversation.state == State.OPEN


def test_the_shop_writes_first_and_the_answer_comes_back(post: Post) -> None:
    message, address = post.begin("anna@example.com")
    raw = post.deliver(_answer(post), to=address)
    assert raw.conversation.pk == message.conversation_id
    assert raw.conversation.state == State.OPEN


def test_a_message_id_used_twice_loses_nothing(post: Post) -> None:
    first = post.deliver(write("First"))
    second = post.deliver(write("Second"))
    assert second.state == RawState.DONE
    assert {first.message.text, second.message.text} == {"First", "Second"}


def test_the_same_mail_a_hundred_times_is_one(post: Post) -> None:
    for number in range(100):
        post.deliver(b"Received: by relay%d\r\n" % (number % 10) + write())
    assert Message.objects.filter(shop=post.shop).count() == 1
    assert post.facts() == ["Email Received"]


def test_one_mail_to_two_teams_is_two_conversations_and_one_fact(post: Post) -> None:
    Team.objects.create(shop=post.shop, name="Returns", address="returns@shop.example")
    post.deliver(write())
    post.deliver(write(), to="returns@shop.example")
    assert len(post.conversations()) == 2
    assert post.facts() == ["Email Received"]


# -- machines


def test_an_out_of_office_stays_in_its_thread_and_opens_nothing(post: Post) -> None:
    message, address = post.begin("anna@example.com")
    raw = post.deliver(_answer(post, Auto_Submitted="auto-replied", Subject="Out of office"), to=address)
    assert raw.message.is_automatic
    assert raw.conversation.pk == message.conversation_id
    assert raw.conversation.state == State.BEGUN
    alone = post.deliver(_answer(post, Auto_Submitted="auto-replied", Message_ID="<x@y>"))
    assert alone.state == RawState.ASIDE
    assert len(post.conversations()) == 1
    opened = receiving.open_anyway(post.shop, alone.public_id, None, NOW)
    assert opened.conversation is not None
    assert len(post.conversations()) == 2


def test_a_machine_that_keeps_writing_stays_in_one_conversation(post: Post) -> None:
    for number in range(5):
        post.minutes += 1
        headers = {"Auto_Submitted": "auto-generated", "Message_ID": f"<{number}@parcel.example>"}
        post.deliver(write(f"Step {number}", From="track@parcel.example", Subject="Parcel 1", **headers))
    assert len(post.conversations()) == 1


def test_our_own_mail_that_comes_back_opens_nothing(post: Post) -> None:
    message, _ = post.begin("anna@example.com")
    back = post.deliver(write("How was the tea?", From="anna@example.com", Message_ID=f"<{message.message_id}>"))
    assert (back.state, back.verdict) == (RawState.ASIDE, "loop")
    own = post.deliver(write("Hello from us", From=CARE, Message_ID="<own@shop.example>"))
    assert (own.state, own.verdict) == (RawState.ASIDE, "loop")


def test_a_form_of_the_shop_names_its_customer_in_reply_to(post: Post) -> None:
    raw = post.deliver(write("I have a wish", From=CARE, Reply_To="Carla <carla@example.net>"))
    assert raw.message.from_address == "carla@example.net"
    assert raw.message.from_name == "Carla"


def test_the_brake_lets_two_answers_of_a_subject_and_ten_in_all(post: Post) -> None:
    conversation = post.deliver(write()).conversation
    assert brake.may_answer(post.shop.pk, "anna@example.com", "Thanks", NOW_US)
    for number in range(10):
        subject = "Re: Thanks" if number < 2 else f"Other {number}"
        new = NewMessage(Direction.OUT, Author.MACHINE, "ok", NOW_US, subject=subject, is_automatic=True)
        threads.append(post.shop.pk, conversation.pk, new, NOW_US)
        assert brake.may_answer(post.shop.pk, "anna@example.com", "Thanks", NOW_US) is (number < 1)
        assert brake.may_answer(post.shop.pk, "anna@example.com", "New", NOW_US) is (number < 9)
    later = NOW_US + brake.WINDOW_US + 1
    assert brake.may_answer(post.shop.pk, "anna@example.com", "Thanks", later)
    assert not brake.may_answer(post.shop.pk, CARE, "Thanks", NOW_US)


# -- what is told about our mail


def _bounce(message_id: str, status: str = "5.1.1", address: str = "anna@example.com") -> bytes:
    report = f"Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; {address}\nAction: failed\nStatus: {status}"
    original = f"From: Shop <{CARE}>\nTo: {address}\nMessage-ID: <{message_id}>\n\nText"
    parts = [part("No."), part(report, "message/delivery-status"), part(original, "message/rfc822")]
    return multi("report", parts, parameters="; report-type=delivery-status", From=DAEMON)


def _sent(post: Post):
    row = sending.send_notice(post.shop, Notice("anna@example.com", "Hi", "Text", key="hi"), NOW)
    type(row).objects.filter(pk=row.pk).update(state="sent")
    recipients = [{**each, "state": "sent"} for each in row.recipients]
    type(row).objects.filter(pk=row.pk).update(recipients=recipients)
    return row


def test_a_hard_bounce_of_our_mail_silences_the_address(post: Post) -> None:
    row = _sent(post)
    raw = post.deliver(_bounce(row.mail_id), mail_from="")
    assert (raw.state, raw.verdict) == (RawState.DONE, "bounce")
    row.refresh_from_db()
    assert row.state == "bounced"
    assert suppression.find(post.shop.pk, ["anna@example.com"])


def test_a_soft_bounce_silences_nobody(post: Post) -> None:
    row = _sent(post)
    post.deliver(_bounce(row.mail_id, "4.2.2"), mail_from="")
    assert not suppression.find(post.shop.pk, ["anna@example.com"])


@pytest.mark.parametrize("what", ["foreign id", "forged id", "other recipient"])
def test_a_forged_bounce_silences_nobody(post: Post, what: str) -> None:
    row = _sent(post)
    told = {
        "foreign id": _bounce("something@else.example"),
        "forged id": _bounce(f"{row.mail_id.split('.')[0]}.00000000000000000000@shop.example"),
        "other recipient": _bounce(row.mail_id, address="victim@example.org"),
    }[what]
    raw = post.deliver(told, mail_from="")
    assert raw.verdict == "bounce"
    assert not suppression.find(post.shop.pk, ["anna@example.com", "victim@example.org"])


def test_a_bounce_to_its_own_address_needs_no_message_id(post: Post) -> None:
    row = _sent(post)
    from django.conf import settings

    address = mail_ids.make_bounce_address(settings.SECRET_KEY, row.pk, CARE)
    raw = post.deliver(_bounce("lost@nowhere.example"), to=address, mail_from="")
    assert raw.state == RawState.DONE
    assert suppression.find(post.shop.pk, ["anna@example.com"])


def test_who_writes_unsubscribe_gets_no_marketing_and_an_auto_reply_does_nothing(post: Post) -> None:
    post.deliver(write("unsubscribe", Subject="unsubscribe", Auto_Submitted="auto-replied"))
    assert not suppression.find(post.shop.pk, ["anna@example.com"])
    raw = post.deliver(write("", Subject="unsubscribe", Message_ID="<u@example.com>"))
    assert raw.verdict == "unsubscribe"
    assert suppression.find(post.shop.pk, ["anna@example.com"])["anna@example.com"].scope == "marketing"
    assert "Unsubscribed" in post.facts()


# -- faxes and letters


def test_faxes_and_scans_by_mail_become_conversations_of_their_channel(post: Post) -> None:
    InboundTerms.objects.create(
        shop=post.shop, fax_addresses=["fax@gateway.example"], scan_addresses=["scanner@shop.example"]
    )
    pdf = part("JVBERi0=", "application/pdf; name=fax.pdf", Content_Transfer_Encoding="base64")
    fax = multi(
        "mixed", [part("Fax from +49 40 123"), pdf], From="fax@gateway.example", Auto_Submitted="auto-generated"
    )
    raw = post.deliver(fax)
    assert raw.conversation.channel == "fax"
    assert raw.conversation.awaits_us
    assert [each.name for each in raw.message.attachments.all()] == ["fax.pdf"]
    scan = post.deliver(write("Scan", From="scanner@shop.example", Message_ID="<s@x>"))
    assert scan.conversation.channel == "post"


# -- what it brings


def test_files_are_kept_and_images_of_the_mail_are_shown_from_there(post: Post) -> None:
    image = part("iVBORw0KGgo=", "image/png; name=logo.png", Content_Transfer_Encoding="base64", Content_ID="<logo@x>")
    html = part('<p>Hi <img src="cid:logo@x"><img src="https://evil.example/p.gif"></p>', "text/html")
    raw = post.deliver(multi("related", [html, image]))
    token = raw.message.attachments.get().token
    assert f'src="/files/{token}/"' in raw.message.html
    assert 'data-blocked-src="https://evil.example/p.gif"' in raw.message.html
    assert raw.message.remarks["blocked_images"] == 1


# -- how long it is kept


def test_raw_mail_and_sent_notices_are_let_go_of_when_they_are_old_and_what_waits_is_not(post: Post) -> None:
    taken, young = post.deliver(write()), post.deliver(write(Message_ID="<young@example.com>", Subject="Other"))
    stuck = post.deliver(write(Message_ID="<stuck@example.com>", Subject="Third"))
    RawMail.objects.filter(pk__in=[taken.pk, stuck.pk]).update(done_us=NOW_US - 101 * DAY_US)
    RawMail.objects.filter(pk=stuck.pk).update(state=RawState.QUARANTINED)
    for place, days in enumerate((101, 99)):
        sending.send_notice(
            post.shop, Notice("ann@example.com", "Hello", "Your secret link", key=f"n{place}"), post.now
        )
        changed = {"state": "sent", "changed_us": NOW_US - days * DAY_US}
        Outgoing.objects.filter(key=f"n{place}").update(**changed)
    Outgoing.objects.exclude(key="n1").exclude(key="n0").delete()
    files.sweep(post.now)
    assert not RawMail.objects.filter(body=None).exists(), "two years, until the shop says otherwise"
    InboundTerms.objects.create(shop=post.shop, raw_days=100)
    for _ in range(2):
        files.sweep(post.now)
        assert [each.body is None for each in RawMail.objects.order_by("pk")] == [True, False, False]
        assert [bool(each.content) for each in Outgoing.objects.order_by("key")] == [False, True]
    assert post.deliver(write()).pk == taken.pk, "the same mail is still known"
    assert young.conversation is not None
    InboundTerms.objects.update(raw_days=0)
    RawMail.objects.update(done_us=0)
    files.sweep(post.now)
    assert RawMail.objects.exclude(body=None).count() == 2
