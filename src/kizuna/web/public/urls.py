"""Addresses of the public door: the tracker, and the storefront of the demo."""

from django.urls import URLPattern, URLResolver, path

from kizuna.web.public import files, help_pages, invited, panel, store, till, tracker, unsubscribe

urlpatterns: list[URLPattern | URLResolver] = [
    path("r/<slug:code>/", invited.enter, name="invited"),
    path("r/<slug:code>", invited.enter, name="invited_bare"),
    path("kizuna.js", tracker.kizuna_js, name="kizuna_js"),
    path("kizuna-chat.js", panel.kizuna_chat_js, name="kizuna_chat_js"),
    path("chat-languages/<slug:code>.json", panel.chat_language, name="chat_language"),
    path("help/<slug:slug>/", help_pages.enter, name="help"),
    path("help/<slug:slug>/colours.css", help_pages.colour_sheet, name="help_colours"),
    path("help/<slug:slug>/<slug:language>/", help_pages.front, name="help_front"),
    path("help/<slug:slug>/<slug:language>/search/", help_pages.search, name="help_search"),
    path("help/<slug:slug>/<slug:language>/category/<slug:name>/", help_pages.category, name="help_category"),
    path("help/<slug:slug>/<slug:language>/<slug:article>/", help_pages.article, name="help_article"),
    path("help/<slug:slug>/<slug:language>/<slug:article>/helpful/", help_pages.helpful, name="help_helpful"),
    path("files/<str:token>/", files.file, name="file"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("store/<slug:slug>/", store.front, name="store"),
    path("store/<slug:slug>/category/<slug:name>/", store.category, name="store_category"),
    path("store/<slug:slug>/product/<slug:sku>/", store.product, name="store_product"),
    path("store/<slug:slug>/art/<slug:sku>.svg", store.picture, name="store_picture"),
    path("store/<slug:slug>/search/", store.search, name="store_search"),
    path("store/<slug:slug>/cart/", till.cart, name="store_cart"),
    path("store/<slug:slug>/cart/change/", till.change_cart, name="store_change_cart"),
    path("store/<slug:slug>/checkout/", till.checkout, name="store_checkout"),
    path("store/<slug:slug>/thanks/", till.thanks, name="store_thanks"),
    path("store/<slug:slug>/sign-in/", till.sign_in, name="store_sign_in"),
    path("store/<slug:slug>/sign-out/", till.sign_out, name="store_sign_out"),
    path("store/<slug:slug>/newsletter/", till.newsletter, name="store_newsletter"),
]
