"""Addresses of a shop's premium site, under /p/<slug>/."""

from django.urls import URLPattern, path

from kizuna.web.portal import entrance, home, learned, messages, own, surveys, wishes

urlpatterns: list[URLPattern] = [
    path("", home.home, name="premium_home"),
    path("enter/", entrance.ask, name="premium_enter"),
    path("enter/signed/", entrance.open_token, name="premium_token"),
    path("enter/<str:key>/", entrance.open_link, name="premium_link"),
    path("leave/", entrance.leave, name="premium_leave"),
    path("colours.css", entrance.colour_sheet, name="premium_colours"),
    path("about-you/", learned.page, name="premium_learned"),
    path("about-you/add/", learned.add, name="premium_learned_add"),
    path("about-you/<uuid:lesson>/confirm/", learned.confirm, name="premium_learned_confirm"),
    path("about-you/<uuid:lesson>/correct/", learned.correct, name="premium_learned_correct"),
    path("about-you/<uuid:lesson>/forget/", learned.forget, name="premium_learned_forget"),
    path("privileges/", home.privileges, name="premium_privileges"),
    path("wishes/", wishes.page, name="premium_wishes"),
    path("wishes/new/", wishes.choose, name="premium_wish_new"),
    path("wishes/order/", wishes.put_in_order, name="premium_wishes_order"),
    path("wishes/<uuid:wish>/", wishes.one, name="premium_wish"),
    path("wishes/<uuid:wish>/act/", wishes.act, name="premium_wish_act"),
    path("messages/", messages.page, name="premium_messages"),
    path("messages/new/", messages.begin, name="premium_message_new"),
    path("messages/<uuid:talk>/", messages.talk, name="premium_talk"),
    path("preferences/", own.preferences, name="premium_preferences"),
    path("particulars/", own.particulars, name="premium_particulars"),
    path("particulars/download/", own.download, name="premium_download"),
    path("particulars/erase/", own.erase, name="premium_erase"),
    path("invite/", own.invite, name="premium_invite"),
    path("surveys/", surveys.page, name="premium_surveys"),
    path("surveys/<uuid:ask>/", surveys.one, name="premium_survey"),
    path("answer/<str:token>/", surveys.by_link, name="premium_answer"),
    path("more/", home.more, name="premium_more"),
]
