"""Addresses of the dialogue mail pages, under a shop."""

from django.urls import URLPattern, path

from kizuna.web.console.outreach import editing, listing, silent, usage

urlpatterns: list[URLPattern] = [
    path("s/<slug:slug>/outreach/", listing.page, name="outreach"),
    path("s/<slug:slug>/outreach/new/", editing.new, name="outreach_new"),
    path("s/<slug:slug>/outreach/preview/", editing.preview, name="outreach_preview"),
    path("s/<slug:slug>/outreach/rules/", editing.rules, name="outreach_rules"),
    path("s/<slug:slug>/outreach/use/", usage.page, name="outreach_use"),
    path("s/<slug:slug>/outreach/use/reckon/", usage.reckon, name="outreach_use_reckon"),
    path("s/<slug:slug>/outreach/silent/", silent.page, name="outreach_silent"),
    path("s/<slug:slug>/outreach/write/<uuid:public_id>/", silent.write, name="outreach_write"),
    path("s/<slug:slug>/outreach/<uuid:public_id>/", listing.show, name="outreach_play"),
    path("s/<slug:slug>/outreach/<uuid:public_id>/edit/", editing.edit, name="outreach_edit"),
    path("s/<slug:slug>/outreach/<uuid:public_id>/running/", editing.set_state, {"state": "running"}, "outreach_start"),
    path("s/<slug:slug>/outreach/<uuid:public_id>/paused/", editing.set_state, {"state": "paused"}, "outreach_pause"),
    path("s/<slug:slug>/outreach/<uuid:public_id>/stopped/", editing.set_state, {"state": "stopped"}, "outreach_stop"),
    path("s/<slug:slug>/outreach/<uuid:public_id>/test/", editing.send_test, name="outreach_test"),
]
