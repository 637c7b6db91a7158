"""Addresses of wishes, under /s/<slug>/wishes/."""

from django.urls import URLPattern, path

from kizuna.web.console.pages import wish, wish_deeds, wish_flow, wish_new, wish_recognition, wishes

urlpatterns: list[URLPattern] = [
    path("", wishes.board, name="wishes"),
    path("list/", wishes.listing, name="wish_list"),
    path("flow/", wish_flow.page, name="wish_flow"),
    path("from-message/", wish_new.from_message, name="wish_from_message"),
    path("dismiss/", wish_recognition.dismiss, name="wish_dismiss"),
    path("proposals/<uuid:public_id>/", wish_recognition.proposals, name="wish_proposals"),
    path("recognition/", wish_recognition.page, name="wish_recognition"),
    path("recognition/rules/", wish_recognition.rules, name="wish_rules"),
    path("recognition/learn/", wish_recognition.learn, name="wish_learn"),
    path("<uuid:public_id>/", wish.page, name="wish"),
    path("<uuid:public_id>/do/<slug:deed>/", wish_deeds.do, name="wish_do"),
    path("<uuid:public_id>/decide/<slug:deed>/", wish_deeds.decide, name="wish_decide"),
]
