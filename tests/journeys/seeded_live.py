"""A live desk with something on it, for journeys in a browser: visitors online, chats that wait, hostile words."""

EMAIL, OTHER, PASSWORD = "kim@tea.example", "lee@tea.example", "a long enough password"
EVIL = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
SEED = f"""
from datetime import UTC, datetime, timedelta
from django.db import transaction
from bench.seed import Size, seed
from kizuna.conversations import canned, team_setup, teams, threads
from kizuna.conversations.team_setup import TeamDraft
from kizuna.conversations.live import online, state
from kizuna.conversations.live.online import Glance
from kizuna.conversations.models import ChatState
from kizuna.conversations.threads import Author, Channel, Direction, NewConversation, NewMessage
from kizuna.customers import identity, links
from kizuna.customers.partition import Claims
from kizuna.flows import people, shops
from kizuna.flows.live import routing
from kizuna.flows.people import NewPerson
from kizuna.relationships import lists
from kizuna.relationships.lists import Filters, Order
from kizuna.science import periods
from kizuna.shops import members
from kizuna.shops.tenants import NewShop
now = datetime.now(UTC)
us = periods.epoch_us(now)
shop = shops.create_shop(NewShop("tea", "Tea & Co", "EUR", "Europe/Berlin"), None, now)
kim = people.create_owner(shop, NewPerson("{EMAIL}", "Kim Kay", "{PASSWORD}"), now)
lee = people.create_owner(shop, NewPerson("{OTHER}", "Lee Lowe", "{PASSWORD}"), now)
void = shops.create_shop(NewShop("void", "Nothing yet", "EUR", "UTC"), None, now)
people.create_owner(void, NewPerson("nil@void.example", "Nil", "{PASSWORD}"), now)
members.change_role(members.get_member(shop, lee.public_id), "operator")
seed(shop, Size(60, 900, 240), now)
team = teams.ensure_default(shop.pk)

words = "Good day {{{{ customer.first_name }}}}, thank you for writing."
greets = canned.save_reply(shop.pk, None, "Greeting", words, None)
canned.save_macro(shop.pk, None, "Greet", [["reply", str(greets.pk)], ["note", "greeted by macro"]])
team_setup.save(shop.pk, None, TeamDraft("Workshop"))
evil = "{EVIL}"
asked = [
    ("Where is my order 1001? It should have come on Friday.", 25000),
    ("Does the kyusu come in blue as well?", 4900),
    ("a very long word " + "x" * 400, 0),
    (evil + " https://ok.example/?q='onclick=x javascript:alert(1)", 12900),
]
known = [row for row in lists.list_page(shop.pk, Filters(known=True), Order("factor"), size=8).rows]
TITLES = ["Gyokuro, first harvest", "Your cart", "Check-out", "x", "Tea for beginners"]
def glance(key, who, customer, place, cart):
    title = evil if place == 3 else TITLES[place % 5]
    url = "javascript:alert(1)" if place == 3 else f"https://tea.example/p/{{place}}?utm_source=mail"
    source = "spring (mail)" if place % 2 else evil[:60]
    return Glance(shop.pk, key, who, customer, url, title, source, "en", cart, "EUR", 90_000_000 * (place + 1),
        us - 20_000_000 * (place + 1), us + 3_000_000_000)
glances = []
with transaction.atomic():
    for place, (text, cart) in enumerate(asked):
        row = known[place] if place in (0, 1) else None
        key = f"visitor-{{place}}"
        fresh = identity.resolve(shop.pk, [Claims(us, visitor=key)], us).each[0].identity_id
        who = links.find_strongest(shop.pk, row.pk)[0] if row else fresh
        new = NewConversation(team.pk, Channel.CHAT, "", who, row.pk if row else None)
        chat = threads.open_conversation(shop.pk, new, us)
        ChatState.objects.create(conversation=chat, visitor_seen_us=us + 3_000_000_000, language="en",
            name=evil if place == 3 else "A name that goes on and on " * 6 if place == 2 else "",
            context={{"cart": {{"minor": cart, "currency": "EUR"}}, "page": {{"title": evil, "url": ""}}}})
        said = NewMessage(Direction.IN, Author.CUSTOMER, text, us, client_id=f"c{{place}}")
        threads.append(shop.pk, chat.pk, said, us)
        chat.refresh_from_db()
        routing.enter(shop, chat, now)
        glances.append(glance(key, who, row.pk if row else None, place, cart))
    for place, row in enumerate(known[2:], 4):
        who = links.find_strongest(shop.pk, row.pk)[0]
        glances.append(glance(f"known-{{place}}", who, row.pk, place, 1500 * place))
    online.upsert_many(glances)
"""
