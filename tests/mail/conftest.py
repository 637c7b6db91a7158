"""Fixtures of the mail tests."""

import pytest

from tests.mail.post import Post, make_post


@pytest.fixture
def post(db: None) -> Post:
    """A shop with a mailbox."""
    return make_post()
