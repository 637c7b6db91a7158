"""The tables of what the shop knows: lessons of customers, surveys, and the articles that answer questions."""

from kizuna.knowledge.models.articles import (
    Article,
    ArticleText,
    ArticleVersion,
    ArticleVote,
    Asked,
    AskedOn,
    Audience,
    HelpCategory,
    HelpShelf,
)
from kizuna.knowledge.models.learned import Lesson, LessonEnd, LessonKind, LessonSource
from kizuna.knowledge.models.surveys import Survey, SurveyAnswer, SurveyAsk, SurveyKind

__all__ = [
    "Article",
    "ArticleText",
    "ArticleVersion",
    "ArticleVote",
    "Asked",
    "AskedOn",
    "Audience",
    "HelpCategory",
    "HelpShelf",
    "Lesson",
    "LessonEnd",
    "LessonKind",
    "LessonSource",
    "Survey",
    "SurveyAnswer",
    "SurveyAsk",
    "SurveyKind",
]
