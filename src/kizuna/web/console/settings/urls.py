"""Addresses of a shop's settings, under /s/<slug>/settings/."""

from django.urls import URLPattern, path

from kizuna.web.console.settings import audit, currencies, people, shop, sources, tokens

urlpatterns: list[URLPattern] = [
    path("", shop.index, name="settings"),
    path("shop/", shop.edit, name="settings_shop"),
    path("sources/", sources.show, name="settings_sources"),
    path("sources/new/", sources.create, name="settings_source_new"),
    path("sources/<uuid:source>/", sources.connect, name="settings_source"),
    path("sources/<uuid:source>/rotate/", sources.rotate, name="settings_source_rotate"),
    path("sources/<uuid:source>/revoke/", sources.revoke, name="settings_source_revoke"),
    path("tokens/", tokens.show, name="settings_tokens"),
    path("tokens/new/", tokens.create, name="settings_token_new"),
    path("tokens/<int:token>/revoke/", tokens.revoke, name="settings_token_revoke"),
    path("people/", people.show, name="settings_people"),
    path("people/invite/", people.invite, name="settings_invite"),
    path("people/invitations/<int:invitation>/withdraw/", people.withdraw, name="settings_invitation_withdraw"),
    path("people/<uuid:person>/role/", people.change_role, name="settings_person_role"),
    path("people/<uuid:person>/remove/", people.remove, name="settings_person_remove"),
    path("people/<uuid:person>/reset/", people.send_reset, name="settings_person_reset"),
    path("currencies/", currencies.show, name="settings_currencies"),
    path("currencies/add/", currencies.add, name="settings_rate_add"),
    path("currencies/paste/", currencies.paste, name="settings_rates_paste"),
    path("currencies/<int:rate>/remove/", currencies.remove, name="settings_rate_remove"),
    path("audit/", audit.show, name="settings_audit"),
]
