"""A chat when nobody is there: it becomes a request, and its answer and the customer's word travel by real mail."""

from tests.journeys.dialogue import ANNA, Mailing

ASKS = "Is the stronger green tea back? I would take a kilo."
SAID = "found = list(Message.objects.filter(conversation__channel='chat').order_by('number')"
VISITOR = f"""
from kizuna.conversations import teams, threads
from kizuna.conversations.models import ChatState
from kizuna.conversations.threads import NewConversation, NewMessage
from kizuna.customers import identity, links
from kizuna.flows.live import deferring
from kizuna.flows.live.deferring import Deferral
visitor = identity.ensure(shop.pk, identity.IdentityKind.VISITOR, ["a-browser"], [now_us])["a-browser"]
owner = links.customers_of(shop.pk, [visitor])[visitor]
chat = threads.open_conversation(
    shop.pk, NewConversation(teams.ensure_default(shop.pk).pk, "chat", "", visitor, owner), now_us
)
ChatState.objects.create(conversation=chat, context={{"timezone": "Europe/Berlin"}})
threads.append(
    shop.pk, chat.pk, NewMessage("in", "customer", {ASKS!r}, now_us, identity_id=visitor, client_id="first"), now_us
)
assert not deferring.availability(shop, now).is_open
wish = deferring.defer(shop, chat.pk, Deferral("Anna", {ANNA!r}, ""), now)
found = [wish.text, wish.conversation_id == chat.pk]
"""


def test_a_chat_that_nobody_answers_goes_on_by_mail_in_one_conversation(mailing: Mailing) -> None:
    talks = mailing.ask("found = Conversation.objects.count()")
    assert mailing.ask(VISITOR) == [ASKS, True]
    confirmed, words = mailing.find_mail("your message has reached us")
    assert ASKS not in words, "no word of a visitor goes to an address they typed"
    assert confirmed["Auto-Submitted"]
    assert "<reply+" in str(confirmed["Reply-To"])

    mailing.answer(confirmed, "And is the strainer back too?")
    mailing.wait_for(
        f"{SAID}.filter(direction='in').values_list('channel', 'text'))",
        [["chat", ASKS], ["email", "And is the strainer back too?"]],
    )
    mailing.ask("""
from kizuna.flows.dialogue import writing
from kizuna.flows.dialogue.writing import Reply
chat = Conversation.objects.get(channel="chat")
writing.reply(shop, chat.pk, Reply("Both are back since today."), olga, now)
""")
    answered, _ = mailing.find_mail("Both are back since today.")
    assert answered["In-Reply-To"]
    assert answered["From"] == "Care of the shop <care@shop.example>"

    mailing.answer(answered, "Wonderful, thank you!")
    mailing.wait_for(
        f"{SAID}.filter(kind='message').values_list('author', 'channel'))",
        [["customer", "chat"], ["machine", "chat"], ["customer", "email"], ["person", "chat"], ["customer", "email"]],
    )
    assert (
        mailing.ask("found = list(ServiceRequest.objects.values_list('conversation__channel', flat=True))").count(
            "chat"
        )
        == 1
    )
    assert mailing.ask("found = Conversation.objects.count()") == talks + 1
    theirs = """
from kizuna.customers import addresses
chat = Conversation.objects.get(channel="chat")
anna = Customer.objects.get(email="anna@customer.example")
found = [chat.customer_id == anna.pk, chat.customer.email, chat.awaits_us]
"""
    assert mailing.ask(theirs) == [False, "", True], "a typed address is no proof: nobody's profile has this chat"
