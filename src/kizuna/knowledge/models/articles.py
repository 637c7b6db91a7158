"""The tables of the knowledge base: articles with a text per language, every version of it, votes, questions asked.

What people read is the version a text names as `live`; what is being written is its latest. Votes carry a keyed hash
of who voted, and questions no name at all.
"""

from django.db import models

from kizuna.tables import public_ids


class Audience(models.TextChoices):
    """Who may read an article once it is published."""

    PUBLIC = "public", "everybody"
    INTERNAL = "internal", "only we"


class HelpShelf(models.Model):
    """Changes whenever what can be found changes: search keeps its index in memory and makes it anew by this."""

    shop = models.OneToOneField("shops.Shop", on_delete=models.CASCADE, primary_key=True)
    stamp = models.BigIntegerField(help_text="random, new with every change")
    panel_key = models.CharField(
        max_length=80, default="", help_text="write key of the help pages' own source, as public as they are"
    )


class HelpCategory(models.Model):
    """What articles are about."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    slug = models.SlugField(max_length=60)
    place = models.IntegerField(default=0)
    names = models.JSONField(help_text='{"en": "Orders", "de": "Bestellungen"}')

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "slug"], name="one_help_category_per_slug")]


class Article(models.Model):
    """One answer, in one or more languages."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    slug = models.SlugField(max_length=80, help_text="its address for good, from its first title")
    category = models.ForeignKey(HelpCategory, on_delete=models.SET_NULL, null=True)
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.PUBLIC)
    created_us = models.BigIntegerField()
    changed_us = models.BigIntegerField()
    archived_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "archived_us", "-changed_us"], name="article_by_change")]
        constraints = [models.UniqueConstraint(fields=["shop", "slug"], name="one_article_per_slug")]


class ArticleText(models.Model):
    """An article in one language."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=160, help_text="of what people read; of the draft while nothing is")
    live = models.ForeignKey("ArticleVersion", on_delete=models.SET_NULL, null=True, related_name="+")
    terms = models.JSONField(default=dict, help_text="stems of the live version and how much each says of it")
    helpful = models.IntegerField(default=0)
    unhelpful = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["shop", "language"], name="article_text_by_language")]
        constraints = [models.UniqueConstraint(fields=["article", "language"], name="one_article_text_per_language")]


class ArticleVersion(models.Model):
    """A text as somebody saved it; rows are only ever added."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    text = models.ForeignKey(ArticleText, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField(help_text="1, 2, 3 ... within the text")
    title = models.CharField(max_length=160)
    body = models.TextField(max_length=50_000)
    person = models.ForeignKey("shops.Person", on_delete=models.SET_NULL, null=True)
    saved_us = models.BigIntegerField()
    published_us = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text", "number"], name="one_article_version_per_number")]


class ArticleVote(models.Model):
    """Whether an article helped somebody; one voice each, the last counts."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    text = models.ForeignKey(ArticleText, on_delete=models.CASCADE, related_name="votes")
    voter = models.CharField(max_length=32, help_text="keyed hash of the visitor key")
    helpful = models.BooleanField()
    at_us = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text", "voter"], name="one_vote_per_article_and_voter")]


class AskedOn(models.TextChoices):
    """Where somebody asked."""

    PANEL = "panel", "searched in the panel"
    HELP = "help", "searched on the help pages"
    CHAT = "chat", "asked in a chat"


class Asked(models.Model):
    """A question as it was asked, and how many answers there were; kept for a while, without who asked."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    words = models.CharField(max_length=200)
    language = models.CharField(max_length=10)
    on = models.CharField(max_length=5, choices=AskedOn.choices, default=AskedOn.PANEL)
    found = models.SmallIntegerField(help_text="how many articles answered it then")
    conversation_id = models.BigIntegerField(null=True, help_text="of a chat's question, so that erasure finds it")
    at_us = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["shop", "-at_us"], name="asked_by_time"),
            models.Index(fields=["shop", "conversation_id"], name="asked_in_conversation"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation_id"],
                condition=models.Q(conversation_id__isnull=False),
                name="one_question_per_chat",
            )
        ]
