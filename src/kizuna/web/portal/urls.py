"""Addresses of a shop's premium site, under /p/<slug>/."""

from django.urls import URLPattern, path

from kizuna.web.portal import entrance, home, learned

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
    path("more/", home.more, name="premium_more"),
]
