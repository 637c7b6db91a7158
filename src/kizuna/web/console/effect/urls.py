"""Addresses of the page about what the live operator changes, under a shop."""

from django.urls import URLPattern, path

from kizuna.web.console.effect import page

urlpatterns: list[URLPattern] = [
    path("s/<slug:slug>/live-effect/", page.page, name="live_effect"),
    path("s/<slug:slug>/live-effect/start/", page.start, name="live_effect_start"),
    path("s/<slug:slug>/live-effect/export.csv", page.export, name="live_effect_export"),
]
