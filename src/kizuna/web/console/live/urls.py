"""Addresses of the live desk, under /s/<slug>/live/."""

from django.urls import URLPattern, path

from kizuna.web.console.live import deeds, page, reading, sitting

urlpatterns: list[URLPattern] = [
    path("", page.page, name="live"),
    path("seat/", sitting.choose, name="live_seat"),
    path("seat/beat/", sitting.beat, name="live_beat"),
    path("seat/abilities/", sitting.arrange, name="live_abilities"),
    path("invite/", deeds.invite, name="live_invite"),
    path("<uuid:public_id>/entries/", reading.entries, name="live_entries"),
    path("<uuid:public_id>/beside/", reading.beside_chat, name="live_beside"),
    path("<uuid:public_id>/suggestions/", reading.suggestions_for, name="live_suggestions"),
    path("<uuid:public_id>/claim/", deeds.claim, name="live_claim"),
    path("<uuid:public_id>/take-over/", deeds.take_over, name="live_take_over"),
    path("<uuid:public_id>/give-back/", deeds.give_back, name="live_give_back"),
    path("<uuid:public_id>/transfer/", deeds.transfer, name="live_transfer"),
    path("<uuid:public_id>/close/", deeds.close, name="live_close"),
    path("<uuid:public_id>/wish/", deeds.wish, name="live_wish"),
    path("<uuid:public_id>/macro/<int:number>/", deeds.macro, name="live_macro"),
    path("<uuid:public_id>/mark/", deeds.mark, name="live_mark"),
]
