"""The windows pages are looked at in: each size and each scheme once in every run, all pairs in the long one."""

import pytest

SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
LOOKS = [
    ("desk", "dark"),
    ("phone", "light"),
    pytest.param("desk", "light", marks=pytest.mark.long),
    pytest.param("phone", "dark", marks=pytest.mark.long),
]
