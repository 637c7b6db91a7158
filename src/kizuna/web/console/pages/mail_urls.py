"""Addresses of incoming mail that needs somebody, under /s/<slug>/inbox/mail/."""

from django.urls import URLPattern, path

from kizuna.web.console.pages import mail_shelf

urlpatterns: list[URLPattern] = [
    path("", mail_shelf.page, name="mail_shelf"),
    path("<uuid:public_id>/", mail_shelf.look, name="mail_look"),
    path("<uuid:public_id>/source.eml", mail_shelf.download, name="mail_download"),
    path("<uuid:public_id>/retry/", mail_shelf.retry, name="mail_retry"),
    path("<uuid:public_id>/open/", mail_shelf.open_anyway, name="mail_open"),
    path("<uuid:public_id>/discard/", mail_shelf.discard, name="mail_discard"),
]
