"""Addresses of the mail door, under /mail/: what providers report, and the mail they post."""

from django.urls import URLPattern, path

from kizuna.web.mail import hooks, tracking

urlpatterns: list[URLPattern] = [
    path("events/<slug:provider>/", tracking.events, name="mail_events"),
    path("in/<slug:provider>/<str:token>/", hooks.take, name="mail_hook"),
]
