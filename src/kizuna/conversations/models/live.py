"""The tables of the live operator: who may read a chat, who serves, who waits, who is on the shop's pages, invitations.

A chat itself is a conversation (models.dialogue); here is only what it needs to be live. How many seconds anybody
waited is derived from the turns, which are never overwritten once they ended.
"""

from django.db import models

from kizuna.conversations.models.dialogue import Conversation, Team


class ChatKey(models.Model):
    """Which browser a visitor key's chats belong to: `grip` is the hash of what only its signed token holds.

    The visitor key alone (it travels with every event) opens nobody's chat; a second browser that claims it chats
    under a key of its own.
    """

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    visitor_key = models.CharField(max_length=255)
    grip = models.CharField(max_length=64)
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False)
    created_us = models.BigIntegerField()
    vouched_us = models.BigIntegerField(null=True, help_text="when the shop first vouched for who uses this browser")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "visitor_key"], name="one_chat_key_per_visitor")]


class ChatState(models.Model):
    """How far both sides have got in a chat, and how it goes on when the panel is closed."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, primary_key=True, related_name="chat")
    language = models.CharField(max_length=20, default="")
    delivered_number = models.IntegerField(default=0, help_text="the last entry that reached the visitor's panel")
    read_number = models.IntegerField(default=0, help_text="the last entry that the visitor has seen")
    seen_number = models.IntegerField(default=0, help_text="the last entry that an operator has seen")
    followed_number = models.IntegerField(default=0, help_text="up to here hearing, facts and search have followed")
    is_behind = models.BooleanField(default=False, help_text="something was said that was not followed yet")
    visitor_seen_us = models.BigIntegerField(default=0, help_text="when their panel was last connected")
    name = models.CharField(max_length=200, default="", help_text="as the visitor gave it; believed nowhere")
    email = models.CharField(max_length=254, default="", help_text="where it goes on by mail; unverified")
    by_mail_since_us = models.BigIntegerField(null=True, help_text="answers go by mail as well from then on")
    context = models.JSONField(default=dict, help_text="page, cart and attributes when it began, as the page said")
    ask_due_us = models.BigIntegerField(null=True, help_text="when a link asks how it was, unless the panel did before")

    class Meta:
        indexes = [
            models.Index(fields=["visitor_seen_us"], name="chat_by_presence"),
            models.Index(fields=["email"], condition=~models.Q(email=""), name="chat_by_email"),
            models.Index(fields=["ask_due_us"], condition=~models.Q(ask_due_us=None), name="chat_to_ask"),
            models.Index(fields=["conversation"], condition=models.Q(is_behind=True), name="chat_to_follow"),
        ]


class SeatState(models.TextChoices):
    """Whether somebody takes chats."""

    AVAILABLE = "available", "available"
    BUSY = "busy", "busy"
    AWAY = "away", "away"
    WRAP_UP = "wrap_up", "wrapping up"
    OFFLINE = "offline", "offline"


class Seat(models.Model):
    """An operator at work: what they chose, how many chats they take at once, what they can."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    person = models.ForeignKey("shops.Person", on_delete=models.CASCADE)
    state = models.CharField(max_length=9, choices=SeatState.choices, default=SeatState.OFFLINE)
    since_us = models.BigIntegerField(default=0)
    seen_us = models.BigIntegerField(default=0, help_text="the last sign of life of their console")
    used_us = models.BigIntegerField(default=0, help_text="when they last moved or typed in it")
    capacity = models.SmallIntegerField(default=3)
    languages = models.JSONField(default=list, help_text="empty: every language")
    skills = models.JSONField(default=list)
    last_given_us = models.BigIntegerField(default=0)
    wrap_up_until_us = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "person"], name="one_seat_per_operator")]


class Spell(models.Model):
    """How long somebody sat in which state: operator hours are sums of these."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    person = models.ForeignKey("shops.Person", on_delete=models.CASCADE)
    state = models.CharField(max_length=9, choices=SeatState.choices)
    from_us = models.BigIntegerField()
    to_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "from_us"], name="spell_by_start")]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "person"], condition=models.Q(to_us=None), name="one_spell_under_way"
            ),
        ]


class TurnState(models.TextChoices):
    """How a turn in the queue stands. Abandoned: they left before a person had it. Deferred: it goes on by mail."""

    WAITING = "waiting"
    SERVED = "served"
    ENDED = "ended"
    ABANDONED = "abandoned"
    DEFERRED = "deferred"


class Turn(models.Model):
    """One wait and one service of a chat; a transfer or a take-back ends it and begins the next with its age kept."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True)
    state = models.CharField(max_length=9, choices=TurnState.choices, default=TurnState.WAITING)
    language = models.CharField(max_length=20, default="")
    skill = models.CharField(max_length=40, default="")
    wanted = models.ForeignKey(
        "shops.Person", on_delete=models.SET_NULL, null=True, related_name="+", help_text="of last time, or chosen"
    )
    value_minor = models.BigIntegerField(default=0, help_text="money lost if they give up, as reckoned on entering")
    worth = models.FloatField(default=0.0, help_text="the index of the order of service; ageing is added when asked")
    waited_since_us = models.BigIntegerField(help_text="when they began to wait, kept over take-backs and transfers")
    entered_us = models.BigIntegerField()
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    served_us = models.BigIntegerField(null=True, help_text="when a person had it")
    answered_us = models.BigIntegerField(null=True, help_text="the first human word in this turn")
    ended_us = models.BigIntegerField(null=True)
    end = models.CharField(max_length=20, default="", help_text="closed, transferred, taken_back, left, no_hours ...")

    class Meta:
        indexes = [
            models.Index(fields=["shop", "state", "waited_since_us"], name="turn_by_state"),
            models.Index(fields=["shop", "person", "state"], name="turn_of_person"),
            models.Index(fields=["shop", "entered_us"], name="turn_by_entry"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(state__in=["waiting", "served"]),
                name="one_turn_under_way",
            ),
        ]


class OnlineVisitor(models.Model):
    """Somebody on the shop's pages now; written in batches, good for a minute after `seen_us`."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    visitor_key = models.CharField(max_length=255)
    identity = models.ForeignKey("customers.Identity", on_delete=models.SET_NULL, null=True, db_constraint=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.SET_NULL, null=True)
    url = models.CharField(max_length=500, default="")
    title = models.CharField(max_length=200, default="")
    source = models.CharField(max_length=200, default="", help_text="campaign or referring site of this visit")
    language = models.CharField(max_length=20, default="")
    cart_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="")
    since_us = models.BigIntegerField()
    page_since_us = models.BigIntegerField()
    seen_us = models.BigIntegerField()
    invited_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "-seen_us"], name="online_by_time")]
        constraints = [models.UniqueConstraint(fields=["shop", "visitor_key"], name="one_row_per_visitor_online")]


class InvitationRule(models.Model):
    """When the panel opens by itself: all conditions of one rule must hold; the first rule in order is taken."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True)
    name = models.CharField(max_length=80)
    place = models.IntegerField(default=0)
    is_on = models.BooleanField(default=True)
    conditions = models.JSONField(help_text='{"seconds_on_page": 20, "page": "/cart*", "cart_minor": 5000, ...}')
    words = models.JSONField(default=dict, help_text='what the panel says, {"en": "...", "de": "..."}')

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="one_invitation_rule_per_name")]


class ChatInvitation(models.Model):
    """One moment at which a rule, or an operator, would invite a visitor; `held` ones of the hold-out show nothing."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    visitor_key = models.CharField(max_length=255)
    identity = models.ForeignKey("customers.Identity", on_delete=models.SET_NULL, null=True, db_constraint=False)
    rule = models.ForeignKey(InvitationRule, on_delete=models.SET_NULL, null=True)
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True, help_text="who invited by hand")
    held = models.BooleanField(default=False)
    client_id = models.CharField(max_length=64)
    words = models.CharField(max_length=500, default="", help_text="of an invitation by hand; else the rule's")
    url = models.CharField(max_length=500, default="")
    at_us = models.BigIntegerField()
    accepted_us = models.BigIntegerField(null=True)
    declined_us = models.BigIntegerField(null=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.SET_NULL, null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "at_us"], name="invitation_by_time")]
        constraints = [models.UniqueConstraint(fields=["shop", "client_id"], name="one_invitation_per_client_id")]


class Panel(models.Model):
    """How a shop's panel looks and behaves, and the rules of its queue."""

    shop = models.OneToOneField("shops.Shop", on_delete=models.CASCADE, primary_key=True)
    is_on = models.BooleanField(default=True)
    colour = models.CharField(max_length=7, default="#2f6f5e")
    position = models.CharField(max_length=5, default="right", help_text="right or left")
    theme = models.CharField(max_length=5, default="auto", help_text="auto, light or dark")
    words = models.JSONField(default=dict, help_text='own words over the language files, {"en": {"greeting": "..."}}')
    before = models.CharField(max_length=8, default="none", help_text="asked before: none, optional, required")
    origins = models.JSONField(default=list, help_text="sites that may show the panel; empty: every site")
    secret = models.CharField(max_length=80, default="", help_text="signs who a customer is; empty: nobody is believed")
    link_preview = models.BooleanField(default=False)
    holdout_share = models.FloatField(default=0.0)
    most_invitations_a_day = models.SmallIntegerField(default=2)
    silent_s = models.IntegerField(default=120, help_text="an operator silent for so long gives the chat back")
    longest_wait_s = models.IntegerField(default=180, help_text="who waited so long is next whatever the others' worth")
    overflow_wait_s = models.IntegerField(default=300, help_text="an expected wait above it offers to go on by mail")
    wrap_up_s = models.IntegerField(default=30)
    away_s = models.IntegerField(default=300, help_text="a console not used for so long makes its operator away")
    hourly_goal = models.JSONField(default=dict, help_text='staffing, {"share": .8, "seconds": 20}')


class ProfileMark(models.Model):
    """What an operator said of the profile they were shown: the system's information quality, by one tap."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE)
    person = models.ForeignKey("shops.Person", on_delete=models.CASCADE)
    complete = models.BooleanField(null=True)
    correct = models.BooleanField(null=True)
    consistent = models.BooleanField(null=True)
    relevant = models.BooleanField(null=True)
    at_us = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "person"], name="one_profile_mark_per_person")]


class SystemReport(models.Model):
    """A panel's own report on the system: how often it had to come back, and how long an answer took to arrive."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    day = models.IntegerField(help_text="the shop's local day")
    chats = models.IntegerField(default=0)
    reconnects = models.IntegerField(default=0)
    failures = models.IntegerField(default=0, help_text="messages that needed a second try")
    delivery_ms = models.JSONField(default=dict, help_text="counts of delivery times in classes of milliseconds")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "day"], name="one_system_report_per_day")]
