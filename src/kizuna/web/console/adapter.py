"""How allauth meets Kizuna: nobody signs up by themselves; people are invited by an owner or made by command."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes self sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are invited, never self-made."""
        return False
