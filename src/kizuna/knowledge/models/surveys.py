"""Surveys, who was asked and what they answered; both belong to an identity, as what was learned does."""

from django.db import models

from kizuna.tables import public_ids


class SurveyKind(models.TextChoices):
    """What a survey is about."""

    WISH = "wish", "after a wish"
    CHAT = "chat", "after a conversation"
    CHANNEL = "channel", "which way they prefer"
    PRODUCT = "product", "a product or idea"


class Survey(models.Model):
    """A set of questions; its questions never change once somebody was asked."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    kind = models.CharField(max_length=7, choices=SurveyKind.choices)
    title = models.CharField(max_length=120)
    intro = models.CharField(max_length=300, default="")
    questions = models.JSONField(help_text='[{"key", "text", "form": scale|choice|words, "choices": [...]}]')
    created_us = models.BigIntegerField()
    closed_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "kind", "-created_us"], name="survey_by_kind")]


class SurveyAsk(models.Model):
    """One customer asked once; what for is `about`, such as a wish."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    public_id = models.UUIDField(unique=True, default=public_ids.fresh)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="asks")
    identity = models.ForeignKey("customers.Identity", on_delete=models.CASCADE, db_constraint=False)
    about_kind = models.CharField(max_length=12, default="", help_text="wish, conversation or empty")
    about_id = models.BigIntegerField(default=0)
    about_title = models.CharField(max_length=120, default="")
    asked_us = models.BigIntegerField()
    answered_us = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=8, default="", help_text="link or portal")

    class Meta:
        indexes = [models.Index(fields=["shop", "identity", "answered_us"], name="survey_ask_of_identity")]
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "identity", "about_kind", "about_id"], name="one_ask_per_survey_and_reason"
            )
        ]


class SurveyAnswer(models.Model):
    """The answer to one question: a figure from 1 to 5, one of the choices, or words."""

    shop = models.ForeignKey("shops.Shop", on_delete=models.CASCADE)
    ask = models.ForeignKey(SurveyAsk, on_delete=models.CASCADE, related_name="answers")
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE)
    question = models.CharField(max_length=40)
    score = models.PositiveSmallIntegerField(null=True)
    choice = models.CharField(max_length=60, default="")
    text = models.TextField(default="", max_length=2000)
    answered_us = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["shop", "survey", "question"], name="survey_answer_by_question")]
        constraints = [models.UniqueConstraint(fields=["ask", "question"], name="one_answer_per_question")]
