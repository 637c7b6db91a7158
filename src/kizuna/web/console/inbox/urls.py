"""Addresses of the inbox, under /s/<slug>/inbox/."""

from django.urls import URLPattern, path

from kizuna.web.console.inbox import acts, composer, listing, thread

urlpatterns: list[URLPattern] = [
    path("", listing.page, name="inbox"),
    path("<uuid:public_id>/", thread.page, name="conversation"),
    path("<uuid:public_id>/thread/", thread.part, name="conversation_thread"),
    path("<uuid:public_id>/reply/", composer.reply, name="conversation_reply"),
    path("<uuid:public_id>/note/", composer.note, name="conversation_note"),
    path("<uuid:public_id>/take/", acts.take, name="conversation_take"),
    path("<uuid:public_id>/assign/", acts.assign, name="conversation_assign"),
    path("<uuid:public_id>/team/", acts.hand_to, name="conversation_team"),
    path("<uuid:public_id>/close/", acts.close, name="conversation_close"),
    path("<uuid:public_id>/reopen/", acts.reopen, name="conversation_reopen"),
    path("<uuid:public_id>/spam/", acts.spam, name="conversation_spam"),
    path("<uuid:public_id>/snooze/", acts.snooze, name="conversation_snooze"),
    path("<uuid:public_id>/tag/", acts.tag, name="conversation_tag"),
    path("<uuid:public_id>/untag/", acts.untag, name="conversation_untag"),
]
