"""The dialogue whatever the channel: teams, conversations, messages, and what people write beside them.

A conversation belongs to an identity, so that merging customers moves it and un-merging brings it back; `customer` is
a copy for lists, which flows keep right. Mail's own tables are inbound and outbound, wishes have theirs.
"""

from django.db import models

from kizuna.tables import public_ids


class Channel(models.TextChoices):
    """Where a conversation takes place."""

    EMAIL = "email", "e-mail"
    CHAT = "chat", "chat"
    PHONE = "phone", "phone"
    FAX = "fax", "fax"
    POST = "post", "letter"
    IN_PERSON = "in_person", "in person"
    PORTAL = "portal", "premium site"


class Team(models.Model):
    """A team inbox or a department: who answers, under which address and signature."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=254, default="", help_text="lower case; empty: receives no mail of its own")
    from_name = models.CharField(max_length=80, default="", help_text="what customers see; empty: the shop's name")
    signature = models.TextField(default="", max_length=2000)
    is_department = models.BooleanField(default=False, help_text="fulfils wishes; otherwise answers customers")
    is_default = models.BooleanField(default=False, help_text="takes what no other team is written to")
    acknowledgement = models.TextField(
        default="", max_length=2000, help_text="sent at once to who opens a conversation; empty: nothing"
    )
    archived_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "name"], name="one_team_per_name"),
            models.UniqueConstraint(
                fields=["address"], condition=~models.Q(address=""), name="one_team_per_mail_address"
            ),
            models.UniqueConstraint(fields=["shop"], condition=models.Q(is_default=True), name="one_default_team"),
        ]


class TeamMember(models.Model):
    """Who works in a team: they see its conversations first; everybody who may answer can open every team's."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey("shops.Person", on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "person"], name="one_seat_per_person")]


class State(models.TextChoices):
    """How a conversation stands. Begun: the shop wrote first and nobody has answered; no inbox shows it."""

    BEGUN = "begun"
    OPEN = "open"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    SPAM = "spam"


class Conversation(models.Model):
    """One dialogue with one customer."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    identity = models.ForeignKey("customers.Identity", on_delete=models.SET_NULL, null=True, db_constraint=False)
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.SET_NULL, null=True, help_text="null: we do not know who wrote"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    subject = models.CharField(max_length=300, default="")
    preview = models.CharField(max_length=200, default="", help_text="the beginning of the last message")
    assignee = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    awaits_us = models.BooleanField(default=False, help_text="the last word of a human is the customer's")
    snoozed_until_us = models.BigIntegerField(null=True)
    opened_us = models.BigIntegerField()
    last_message_us = models.BigIntegerField()
    last_inbound_us = models.BigIntegerField(null=True)
    waiting_since_us = models.BigIntegerField(null=True, help_text="the first inbound message not answered yet")
    first_inbound_us = models.BigIntegerField(null=True)
    first_response_us = models.BigIntegerField(null=True, help_text="the first human answer after the first inbound")
    closed_us = models.BigIntegerField(null=True)
    last_number = models.IntegerField(default=0)
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True)

    class Meta:
        indexes = [
            models.Index(fields=["shop", "state", "-last_message_us", "-id"], name="conversation_by_state"),
            models.Index(fields=["shop", "team", "state", "-last_message_us", "-id"], name="conversation_of_team"),
            models.Index(
                fields=["shop", "assignee", "state", "-last_message_us", "-id"], name="conversation_of_person"
            ),
            models.Index(fields=["shop", "customer", "-last_message_us", "-id"], name="conversation_of_customer"),
            models.Index(fields=["shop", "identity"], name="conversation_of_identity"),
            models.Index(fields=["state", "snoozed_until_us"], name="conversation_to_wake"),
            models.Index(
                fields=["shop", "waiting_since_us", "id"],
                condition=models.Q(waiting_since_us__isnull=False),
                name="conversation_waiting",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "identity"],
                condition=models.Q(channel="chat", state__in=["open", "snoozed"]),
                name="one_open_chat_per_identity",
            ),
        ]


class Kind(models.TextChoices):
    """What an entry of a conversation is."""

    MESSAGE = "message"
    NOTE = "note"
    HAPPENING = "happening"


class Direction(models.TextChoices):
    """From the customer, to the customer, or among ourselves."""

    IN = "in"
    OUT = "out"
    WITHIN = "within"


class Author(models.TextChoices):
    """Who wrote it."""

    CUSTOMER = "customer"
    PERSON = "person"
    MACHINE = "machine"


class Message(models.Model):
    """One entry of a conversation: a message, an internal note, or what happened to it."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    number = models.IntegerField(help_text="1, 2, 3 ... within the conversation")
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.MESSAGE)
    direction = models.CharField(max_length=6, choices=Direction.choices)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    author = models.CharField(max_length=8, choices=Author.choices)
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    identity_id = models.BigIntegerField(null=True, help_text="of the customer who wrote it")
    from_address = models.CharField(max_length=320, default="")
    from_name = models.CharField(max_length=200, default="")
    recipients = models.JSONField(default=dict, help_text='{"to": [...], "cc": [...]}')
    subject = models.CharField(max_length=300, default="")
    text = models.TextField(default="", help_text="without quoted history and signature")
    full_text = models.TextField(default="", help_text="empty where nothing was cut")
    html = models.TextField(default="", help_text="sanitised when stored; remote images only as blocked addresses")
    is_automatic = models.BooleanField(default=False, help_text="no human wrote it")
    at_us = models.BigIntegerField(help_text="when it was written or happened")
    stored_us = models.BigIntegerField()
    client_id = models.CharField(max_length=64, default="", help_text="makes storing it twice one message")
    message_id = models.CharField(max_length=255, default="", help_text="Message-ID without angle brackets")
    in_reply_to = models.CharField(max_length=255, default="")
    remarks = models.JSONField(default=dict, help_text="sender_check, happening, cut marks ...")

    class Meta:
        indexes = [models.Index(fields=["shop", "message_id"], name="message_by_mail_id")]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "number"], name="one_message_per_number"),
            models.UniqueConstraint(
                fields=["conversation", "client_id"],
                condition=~models.Q(client_id=""),
                name="one_message_per_client_id",
            ),
        ]


class Mention(models.Model):
    """Somebody named in a note; open until they have looked."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="mentions")
    person = models.ForeignKey("shops.Person", on_delete=models.CASCADE)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "person", "seen_at"], name="mention_of_person")]
        constraints = [models.UniqueConstraint(fields=["message", "person"], name="one_mention_per_person")]


class Attachment(models.Model):
    """A file of a message; the bytes are kept once by their hash, the address carries a token."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="attachments")
    token = models.CharField(max_length=43, unique=True, help_text="random; who has it may read the file")
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=255, default="", help_text="of an inline image; no angle brackets")
    uploaded_by = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    for_conversation = models.BigIntegerField(null=True, help_text="where it was uploaded; it waits there to be sent")
    created_us = models.BigIntegerField()

    class Meta:
        ordering = ("id",)
        indexes = [
            models.Index(fields=["sha256"], name="attachment_by_content"),
            models.Index(fields=["shop", "uploaded_by"], condition=models.Q(message=None), name="attachment_not_sent"),
        ]


class Draft(models.Model):
    """What somebody has typed and not sent."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey("shops.Person", on_delete=models.CASCADE)
    is_note = models.BooleanField(default=False)
    text = models.TextField(default="")
    changed_us = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "person", "is_note"], name="one_draft_per_person")
        ]


class Tag(models.Model):
    """A word to find conversations by."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="one_tag_per_name")]


class ConversationTag(models.Model):
    """A tag on a conversation."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "tag"], name="one_tag_per_conversation")]


class CannedReply(models.Model):
    """A kept answer; {{ variables }} are filled in when it is used."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, help_text="null: for every team")
    title = models.CharField(max_length=80)
    shortcut = models.CharField(max_length=30, default="")
    text = models.TextField(max_length=10_000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "title"], name="one_canned_reply_per_title")]


class Macro(models.Model):
    """Several steps with one click: reply, tag, assign, close."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    steps = models.JSONField(help_text='[["reply", canned id], ["tag", "..."], ["assign", "me"], ["close"]]')

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="one_macro_per_name")]
