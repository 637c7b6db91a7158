"""Addresses of the mail door: what providers report."""

from django.urls import URLPattern, path

from kizuna.web.mail import tracking

urlpatterns: list[URLPattern] = [
    path("events/<slug:provider>/", tracking.events, name="mail_events"),
]
