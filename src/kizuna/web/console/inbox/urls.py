"""Addresses of the inbox, under /s/<slug>/inbox/."""

from django.urls import URLPattern, path

from kizuna.web.console.inbox import acts, composer, joining, listing, mail, presence, thread

urlpatterns: list[URLPattern] = [
    path("", listing.page, name="inbox"),
    path("<uuid:public_id>/", thread.page, name="conversation"),
    path("<uuid:public_id>/thread/", thread.part, name="conversation_thread"),
    path("<uuid:public_id>/reply/", composer.reply, name="conversation_reply"),
    path("<uuid:public_id>/note/", composer.note, name="conversation_note"),
    path("bulk/", joining.bulk, name="inbox_bulk"),
    path("<uuid:public_id>/undo/<int:number>/", composer.take_back, name="conversation_undo"),
    path("<uuid:public_id>/resend/<int:number>/", composer.resend, name="conversation_resend"),
    path("<uuid:public_id>/draft/", composer.draft, name="conversation_draft"),
    path("<uuid:public_id>/files/", composer.upload, name="conversation_upload"),
    path("<uuid:public_id>/files/<str:token>/remove/", composer.remove_file, name="conversation_file_remove"),
    path("<uuid:public_id>/canned/<int:number>/", composer.kept_answer, name="conversation_canned"),
    path("<uuid:public_id>/macro/<int:number>/", composer.macro, name="conversation_macro"),
    path("<uuid:public_id>/mail/<int:number>/", mail.show, name="conversation_mail"),
    path("<uuid:public_id>/beat/", presence.beat, name="conversation_beat"),
    path("<uuid:public_id>/minutes/", presence.minutes, name="conversation_minutes"),
    path("<uuid:public_id>/merge/", joining.merge, name="conversation_merge"),
    path("<uuid:public_id>/split/", joining.split, name="conversation_split"),
    path("<uuid:public_id>/wish/<int:number>/", joining.wish, name="conversation_wish"),
    path("<uuid:public_id>/take/", acts.take, name="conversation_take"),
    path("<uuid:public_id>/take-over/", acts.take_over, name="conversation_take_over"),
    path("<uuid:public_id>/assign/", acts.assign, name="conversation_assign"),
    path("<uuid:public_id>/team/", acts.hand_to, name="conversation_team"),
    path("<uuid:public_id>/close/", acts.close, name="conversation_close"),
    path("<uuid:public_id>/reopen/", acts.reopen, name="conversation_reopen"),
    path("<uuid:public_id>/spam/", acts.spam, name="conversation_spam"),
    path("<uuid:public_id>/snooze/", acts.snooze, name="conversation_snooze"),
    path("<uuid:public_id>/tag/", acts.tag, name="conversation_tag"),
    path("<uuid:public_id>/untag/", acts.untag, name="conversation_untag"),
]
