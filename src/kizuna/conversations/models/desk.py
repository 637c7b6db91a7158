"""The tables of the desk: who has a conversation in front of them and for how long, and the words to find it by."""

from django.db import models

from kizuna.conversations.models.dialogue import Conversation


class Presence(models.Model):
    """Somebody has a conversation open; counts for a short while after `seen_us` only."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="presences")
    person = models.ForeignKey("shops.Person", on_delete=models.CASCADE)
    seen_us = models.BigIntegerField()
    typed_us = models.BigIntegerField(default=0, help_text="when they last typed an answer")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "person"], name="one_presence_per_person"),
        ]


class Attention(models.Model):
    """How long a person had a conversation in front of them; booked once when it is closed, then a new row begins."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="attention")
    person = models.ForeignKey("shops.Person", on_delete=models.CASCADE)
    seconds = models.IntegerField(default=0)
    measured_seconds = models.IntegerField(default=0, help_text="as measured; `seconds` may have been corrected")
    beat_us = models.BigIntegerField(default=0)
    booked_us = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "person"], condition=models.Q(booked_us=None), name="one_attention_under_way"
            ),
        ]


class Term(models.Model):
    """A word of a conversation in UTF-8 bytes (bytes sort alike on both databases): of its subject, people or text."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE, db_index=False)
    term = models.BinaryField(max_length=120)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, db_index=False)

    class Meta:
        indexes = [models.Index(fields=["shop", "term", "conversation"], name="conversation_by_term")]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "term"], name="one_term_per_conversation"),
        ]
