"""Letters: fields are filled or the letter is not written; what asks nothing or names unknown fields is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.outreach import letters
from kizuna.outreach.letters import FIELDS, BadLetter

ASKS = "Dear {{ first_name }}, what would help you after {{ last_product }}?"


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.text(max_size=40)))
def test_a_letter_is_whole_or_not_written(values: dict[str, str]) -> None:
    used = letters.fields_of("For {{ name }}", ASKS)
    assert used == ["first_name", "name", "last_product"]
    lacks = letters.missing(used, values)
    if lacks:
        with pytest.raises(KeyError):
            letters.write("For {{ name }}", ASKS, values)
    else:
        letter = letters.write("For {{ name }}", ASKS, values)
        assert "\n" not in letter.subject
        assert " ".join(values["first_name"].split()) in letter.text


@pytest.mark.parametrize(
    ("subject", "text", "blamed"),
    [
        ("", ASKS, "subject"),
        ("Two\nlines", ASKS, "subject"),
        ("Hello {{ nickname }}", ASKS, "subject"),
        ("Hello", "  ", "text"),
        ("Hello", "Dear {{ first name }}, what now?", "text"),
        ("Hello", "Buy now, {{ first_name }}!", "text"),
        ("Hello", "Dear {{ rf }}, how are you?", "text"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_the_field(subject: str, text: str, blamed: str) -> None:
    with pytest.raises(BadLetter) as refused:
        letters.check(subject, text)
    assert refused.value.field == blamed


def test_a_value_never_opens_a_field_of_its_own() -> None:
    letter = letters.write("For you", "{{ first_name }}?", {"first_name": "{{ name }}"})
    assert letter.text == "{{ name }}?"
