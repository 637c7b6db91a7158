"""Wishes of customers as requests that departments fulfil: kinds, service levels, stages, steps, comments, approvals.

A wish belongs to an identity, as a conversation does; `customer` is a copy for lists, which flows keep right. What the
shop can do and what it promised of it is the room of privileges: only numbers of it are kept here.
"""

from django.db import models

from kizuna.conversations.models.dialogue import Conversation, Message, Team
from kizuna.tables import public_ids


class Priority(models.IntegerChoices):
    """How much it matters to the shop; the customer's own order is kept apart."""

    LOW = 1, "low"
    NORMAL = 2, "normal"
    HIGH = 3, "high"
    URGENT = 4, "urgent"


class Stage(models.TextChoices):
    """The stages of handling, in their order; two of them end a wish that is not fulfilled."""

    FORWARDED = "forwarded", "Forwarded"
    UNDERSTOOD = "understood", "Understood"
    ACCEPTED = "accepted", "Accepted"
    IN_WORK = "in_work", "In work"
    FULFILLED = "fulfilled", "Fulfilled"
    CONFIRMED = "confirmed", "Confirmed"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Source(models.TextChoices):
    """How a wish reached the shop."""

    MESSAGE = "message", "from a message"
    FORM = "form", "noted by hand"
    PORTAL = "portal", "premium site"
    API = "api", "API"
    MACHINE = "machine", "recognised in a message"


class WishKind(models.Model):
    """A kind of wish: which department fulfils it and by when."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    name = models.CharField(max_length=80)
    seed = models.CharField(max_length=30, default="", help_text="which of our start examples speak of it")
    department = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True)
    capability_id = models.BigIntegerField(null=True, help_text="what it usually takes of what the shop can do")
    minutes = models.PositiveIntegerField(null=True, help_text="of working time; null: as the department says")
    needs_approval = models.BooleanField(default=False)
    usual_steps = models.JSONField(default=list, help_text='[["what is to do", department id], ...]')
    position = models.PositiveSmallIntegerField(default=0)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="one_wish_kind_per_name")]


class ServiceLevel(models.Model):
    """By when wishes are fulfilled, in working minutes: by department (null: everywhere else) and priority."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    department = models.ForeignKey(Team, on_delete=models.CASCADE, null=True)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices)
    minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "department", "priority"], name="one_service_level"),
            models.UniqueConstraint(
                fields=["shop", "priority"], condition=models.Q(department=None), name="one_usual_service_level"
            ),
        ]


class WishRules(models.Model):
    """What an owner decided about wishes of a shop."""

    shop = models.OneToOneField("shops.Shop", on_delete=models.CASCADE)
    opens_by_itself = models.BooleanField(default=False, help_text="else wishes are only proposed")
    least_chance = models.FloatField(default=0.8, help_text="below it nothing is opened, only proposed")


class ServiceRequest(models.Model):
    """One wish of one customer and how it is handled."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    identity = models.ForeignKey("customers.Identity", on_delete=models.SET_NULL, null=True, db_constraint=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.SET_NULL, null=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.SET_NULL, null=True)
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True)
    source = models.CharField(max_length=8, choices=Source.choices)
    token = models.CharField(max_length=80, default="", help_text="makes opening it twice one wish")
    title = models.CharField(max_length=140)
    text = models.TextField(max_length=10_000)
    learned = models.TextField(default="", max_length=5000, help_text="the wish as we understood it")
    kind = models.ForeignKey(WishKind, on_delete=models.SET_NULL, null=True)
    department = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True)
    assignee = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.FORWARDED)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    own_priority = models.PositiveSmallIntegerField(null=True, help_text="the customer's own order: 1 first")
    capability_id = models.BigIntegerField(null=True)
    units = models.PositiveIntegerField(default=1)
    within_capability = models.BooleanField(null=True)
    forwarded_us = models.BigIntegerField()
    understood_us = models.BigIntegerField(null=True)
    confirmed_by_customer = models.BooleanField(default=False, help_text="they said that we learned it right")
    accepted_us = models.BigIntegerField(null=True)
    promised_us = models.BigIntegerField(null=True)
    started_us = models.BigIntegerField(null=True)
    fulfilled_us = models.BigIntegerField(null=True)
    confirmed_us = models.BigIntegerField(null=True)
    declined_us = models.BigIntegerField(null=True)
    withdrawn_us = models.BigIntegerField(null=True)
    reason = models.TextField(default="", max_length=2000, help_text="why declined or withdrawn")
    nearest = models.TextField(default="", max_length=2000, help_text="the nearest thing possible")
    outcome = models.TextField(default="", max_length=5000, help_text="what was done")
    due_us = models.BigIntegerField(null=True, help_text="null: nothing to do, or the clock stands")
    waits_since_us = models.BigIntegerField(null=True, help_text="we wait for the customer; the clock stands")
    left_minutes = models.IntegerField(null=True, help_text="of working time, while the clock stands")
    stage_since_us = models.BigIntegerField()
    changed_us = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["shop", "stage", "due_us", "id"], name="wish_by_stage"),
            models.Index(fields=["shop", "department", "stage"], name="wish_of_department"),
            models.Index(fields=["shop", "assignee", "stage"], name="wish_of_person"),
            models.Index(fields=["shop", "customer", "-forwarded_us"], name="wish_of_customer"),
            models.Index(fields=["shop", "identity"], name="wish_of_identity"),
            models.Index(fields=["shop", "-forwarded_us", "-id"], name="wish_by_time"),
            models.Index(fields=["shop", "promised_us"], name="wish_by_promise"),
            models.Index(fields=["shop", "fulfilled_us"], name="wish_by_fulfilment"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["shop", "token"], condition=~models.Q(token=""), name="one_wish_per_token"),
        ]


class WishStep(models.Model):
    """A part of a wish that one department does."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    wish = models.ForeignKey(ServiceRequest, on_delete=models.CASCADE, related_name="steps")
    title = models.CharField(max_length=200)
    department = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True)
    assignee = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    result = models.TextField(default="", max_length=5000)
    opened_us = models.BigIntegerField()
    started_us = models.BigIntegerField(null=True)
    done_us = models.BigIntegerField(null=True)
    waited_minutes = models.IntegerField(default=0, help_text="working time until somebody began")
    worked_minutes = models.IntegerField(default=0, help_text="working time from beginning to end")

    class Meta:
        indexes = [
            models.Index(fields=["shop", "department", "done_us"], name="wish_step_of_department"),
            models.Index(fields=["shop", "done_us"], name="wish_step_by_end"),
        ]


class WishComment(models.Model):
    """What people write to each other about a wish; customers never see it."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    wish = models.ForeignKey(ServiceRequest, on_delete=models.CASCADE, related_name="comments")
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    text = models.TextField(max_length=5000)
    at_us = models.BigIntegerField()


class WishApproval(models.Model):
    """Somebody with the say is asked whether the shop should do it, for instance because of what it costs."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    wish = models.ForeignKey(ServiceRequest, on_delete=models.CASCADE, related_name="approvals")
    question = models.CharField(max_length=500)
    asked_by = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    asked_us = models.BigIntegerField()
    is_granted = models.BooleanField(null=True, help_text="null: not answered yet")
    answer = models.CharField(max_length=500, default="")
    answered_by = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True, related_name="+")
    answered_us = models.BigIntegerField(null=True)


class WishMove(models.Model):
    """What happened to a wish; a move between stages keeps how long the stage before took."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    wish = models.ForeignKey(ServiceRequest, on_delete=models.CASCADE, related_name="moves")
    at_us = models.BigIntegerField()
    what = models.CharField(max_length=20, help_text="stage, waits, goes_on, kind, priority, person, step ...")
    before = models.CharField(max_length=80, default="")
    after = models.CharField(max_length=80, default="")
    words = models.CharField(max_length=500, default="")
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    by = models.CharField(max_length=8, default="person", help_text="person, customer or machine")
    department_id = models.BigIntegerField(null=True, help_text="whose it was when the stage ended")
    wall_minutes = models.IntegerField(default=0)
    working_minutes = models.IntegerField(default=0)
    waiting_minutes = models.IntegerField(default=0, help_text="of the working minutes: for the customer")

    class Meta:
        indexes = [
            models.Index(fields=["shop", "what", "at_us"], name="wish_move_by_time"),
            models.Index(fields=["wish", "at_us"], name="wish_move_of_wish"),
        ]


class Proposal(models.TextChoices):
    """What became of what the machine recognised."""

    NOTHING = "nothing", "no wish seen"
    PROPOSED = "proposed", "proposed"
    OPENED = "opened", "opened by itself"
    TAKEN = "taken", "taken up"
    DISMISSED = "dismissed", "not a wish"


class WishProposal(models.Model):
    """What the machine recognised in a message, why, and what people made of it: what it learns from."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="wish_proposal")
    state = models.CharField(max_length=9, choices=Proposal.choices)
    kind = models.ForeignKey(WishKind, on_delete=models.SET_NULL, null=True)
    chance = models.FloatField(help_text="that it holds a wish at all")
    kind_chance = models.FloatField(default=0.0)
    words = models.JSONField(default=list, help_text='[["word", weight], ...] that spoke for it')
    wish = models.ForeignKey(ServiceRequest, on_delete=models.SET_NULL, null=True)
    at_us = models.BigIntegerField()
    decided_by = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    decided_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "-at_us"], name="wish_proposal_by_time")]


class Recogniser(models.Model):
    """A learned model of a shop with how it did on what was held back; only the newest is used."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    model = models.JSONField()
    learned_us = models.BigIntegerField()
    examples = models.IntegerField(help_text="of the shop's own")
    figures = models.JSONField(
        default=dict, help_text="held back: right about wish or not, about the kind, of how many"
    )

    class Meta:
        indexes = [models.Index(fields=["shop", "-id"], name="recogniser_newest")]
