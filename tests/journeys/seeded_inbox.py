"""An inbox with something in it, for journeys in a browser: customers of every segment who wrote, and habits."""

EMAIL, PASSWORD = "kim@tea.example", "a long enough password"
OTHER = "lee@tea.example"
SEED = f"""
from datetime import UTC, datetime, timedelta
from bench.seed import Size, seed
from kizuna.conversations import teams, threads
from kizuna.conversations.models import Message
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import links
from kizuna.flows import people, shops
from kizuna.flows.dialogue import habits, handling, writing
from kizuna.flows.dialogue.writing import Note, Reply
from kizuna.flows.people import NewPerson
from kizuna.html import sanitise
from kizuna.relationships import lists
from kizuna.relationships.lists import Filters, Order
from kizuna.science import periods
from kizuna.shops.tenants import NewShop
now = datetime.now(UTC)
tea = shops.create_shop(NewShop("tea", "Tea & Co", "EUR", "Europe/Berlin"), None, now)
kim = people.create_owner(tea, NewPerson("{EMAIL}", "Kim Kay", "{PASSWORD}"), now)
lee = people.create_owner(tea, NewPerson("{OTHER}", "Lee Lowe", "{PASSWORD}"), now)
seed(tea, Size(120, 2500, 240), now)
team = teams.ensure_default(tea.pk)
team.address = "care@tea.example"
team.signature = "Your Tea & Co"
team.save()
LETTERS = [
    ("Where is my order?", "Hello,\\n\\nI ordered sencha and two cups last week. Nothing has come yet."),
    ("A cup was broken", "One of the cups arrived broken. I took a photo.\\nWhat can we do?"),
    ("Do you have decaf matcha?", "My mother likes your matcha but the doctor says no caffeine."),
    ("Thank you!", "The birthday parcel was beautiful. I will tell my friends."),
    ("Change of address", "Please send the next subscription to Hamburg, Elbchaussee 12."),
    ("Invoice", "I need an invoice with our VAT number for the last order."),
    ("Gift wrapping", "Can you wrap the kyusu as a gift and leave out the bill?"),
    ("A very long subject that goes on about several things at once, as people write sometimes", "Short."),
]
EVIL = "<img src=x onerror=\\"document.title='owned'\\"><script>document.title='owned'</script>"
EVIL += "<b onclick=document.title='owned'>Dear shop</b><iframe srcdoc='<script>top.x=1</script>'></iframe>"
rows = [row for row in lists.list_page(tea.pk, Filters(known=True), Order("factor"), size=40).rows]
for place, row in enumerate(rows):
    subject, text = LETTERS[place % len(LETTERS)]
    at = now - timedelta(minutes=7 * 2 ** (place % 10) + place)
    at_us = periods.epoch_us(at)
    owner = links.find_strongest(tea.pk, row.pk)
    channel = [Channel.EMAIL, Channel.EMAIL, Channel.PORTAL, Channel.PHONE][place % 4]
    made = threads.open_conversation(tea.pk, NewConversation(team.pk, channel, subject, owner[0], row.pk), at_us)
    new = NewMessage(Direction.IN, Author.CUSTOMER, text, at_us, from_address=f"customer{{place}}@example.com",
        from_name=row.label or "A customer", to=("care@tea.example",), subject=subject,
        full_text=text + "\\n\\nOn Monday you wrote:\\n> We hope you like your tea." if place % 3 == 0 else "",
        html=sanitise.clean(EVIL + '<p>' + text + '</p><img src="https://spy.example/pixel.gif">').html)
    threads.append(tea.pk, made.pk, new, at_us)
    if place == 0:
        hostile = "<script>document.title='owned'</script><img src=x onerror=document.title='owned'>"
        hostile += " https://ok.example/?q='onclick=x"
        threads.append(tea.pk, made.pk, NewMessage(Direction.IN, Author.CUSTOMER, hostile, at_us + 1_000_000,
            from_address="customer0@example.com", from_name=row.label, subject=subject), at_us + 1_000_000)
        asked = Note("@Lee Lowe do you know the parcel?", (lee.pk,))
        writing.note(tea, made.pk, asked, kim, now - timedelta(minutes=3))
    if place % 5 == 1:
        handling.take(tea, made.pk, kim, now)
        handling.tag(tea, made.pk, "delivery", kim, now)
    if place % 9 == 4:
        handling.close(tea, made.pk, kim, now)
    if place % 11 == 6:
        handling.snooze(tea, made.pk, now + timedelta(hours=20), kim, now)
thanked = "Dear {{{{ customer.name }}}},\\n\\nthank you for writing.\\n\\n{{{{ operator.name }}}}"
thanks = habits.save_reply(tea, None, ("Thank you", thanked, None), kim, now)
sorry = "We are sorry. A new one leaves today for order {{{{ order.number }}}}."
habits.save_reply(tea, None, ("Broken in the post", sorry, None), kim, now)
habits.save_macro(tea, None, "Thank and close", [["reply", thanks.pk], ["tag", "praise"], ["close"]], kim, now)
"""
