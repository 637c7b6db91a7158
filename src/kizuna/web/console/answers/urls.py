"""Addresses of the pages of answers, under a shop."""

from django.urls import URLPattern, path

from kizuna.web.console.answers import gaps, listing, writing

urlpatterns: list[URLPattern] = [
    path("", listing.page, name="answers"),
    path("new/", writing.new, name="answer_new"),
    path("preview/", writing.preview, name="answer_preview"),
    path("gaps/", gaps.page, name="answer_gaps"),
    path("categories/", listing.categories, name="answer_categories"),
    path("categories/remove/", listing.remove_category, name="answer_category_remove"),
    path("<uuid:article>/", writing.edit, name="answer"),
    path("<uuid:article>/archive/", writing.archive, name="answer_archive"),
]
