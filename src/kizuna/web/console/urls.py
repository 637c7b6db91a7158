"""Addresses of the console door: the ways in, the daily pages, settings; every shop page lies under /s/<slug>/."""

from django.urls import URLPattern, URLResolver, include, path

from kizuna.web.console import entrance
from kizuna.web.console.settings import alerts

urlpatterns: list[URLPattern | URLResolver] = [
    path("", entrance.landing, name="landing"),
    path("welcome/", entrance.welcome, name="welcome"),
    path("join/<str:key>/", entrance.join, name="join"),
    path("alerts-worker.js", alerts.worker, name="alerts_worker"),
    path("alerts/shown/<str:key>/", alerts.shown, name="alerts_shown"),
    path("s/<slug:slug>/settings/", include("kizuna.web.console.settings.urls")),
    path("s/<slug:slug>/answers/", include("kizuna.web.console.answers.urls")),
    path("s/<slug:slug>/live/", include("kizuna.web.console.live.urls")),
    path("s/<slug:slug>/inbox/mail/", include("kizuna.web.console.pages.mail_urls")),
    path("s/<slug:slug>/inbox/", include("kizuna.web.console.inbox.urls")),
    path("", include("kizuna.web.console.outreach.urls")),
    path("", include("kizuna.web.console.effect.urls")),
    path("", include("kizuna.web.console.pages.urls")),
]
