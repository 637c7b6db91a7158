"""Every case of the corpus that is about reading one mail; those about threads are in scenes."""

from tests.mail.corpus import bounces, charsets, hostile, machines, quoting, structure

CASES = [
    *charsets.CASES,
    *quoting.CASES,
    *structure.CASES,
    *machines.CASES,
    *bounces.CASES,
    *hostile.CASES,
]
