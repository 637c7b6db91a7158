"""Forgotten passwords: the form anybody may send, the job that mails the link, and the link itself.

The request does the same for every address, known or not: it writes one job. Who is behind the address is looked up by
the job, so that neither the answer nor its time tells. Links begin with the public address, never with the request's.
"""

from typing import TYPE_CHECKING, Any

from allauth.account.forms import ResetPasswordForm, default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.http import HttpRequest
from django.tasks import task
from django.urls import reverse

from kizuna.flows import people

if TYPE_CHECKING:
    from kizuna.shops.models import Person


class ResetForm(ResetPasswordForm):  # type: ignore[misc]
    """Asks for the address of whoever forgot their password."""

    def clean_email(self) -> str:
        """Take any address; nobody is looked up here."""
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Leave the rest to a job."""
        address = str(self.cleaned_data["email"])
        mail_link.enqueue(address=address)
        return address


@task()
def mail_link(address: str) -> None:
    """Mail the link where somebody with this address can log in."""
    people.mail_forgotten(address, write_link)


def write_link(person: "Person") -> str:
    """Write the link with which a person chooses a new password, once."""
    return join_link(user_pk_to_url_str(person), default_token_generator.make_token(person))


def join_link(uid: str, key: str) -> str:
    """Write the link from its two parts."""
    return settings.PUBLIC_URL + reverse("account_reset_password_from_key", args=[uid, key])
