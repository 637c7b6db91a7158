"""Which encoding a file is read in: a few wrong bytes do not turn a file of UTF-8 into Windows-1252."""

import pytest

from kizuna.flows.imports import tables

ROWS = [b"%d,plain" % number for number in range(40)]


@pytest.mark.parametrize(
    ("rows", "encoding"),
    [
        (["é,x".encode(), b"\xe9\xe8\xfc\xdf,x"], "utf-8"),
        ([b"Caf\xe9,x", b"M\xfcller,x"], "cp1252"),
        (["é,x".encode(), b"Caf\xe9,x", b"M\xfcller,x", b"Stra\xdfe,x"], "cp1252"),
    ],
)
def test_the_encoding_is_the_one_that_most_rows_speak_for(tmp_path, rows, encoding):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\n".join([b"id,name", *ROWS, *rows]) + b"\n")
    assert tables.open_table(path).form.encoding == encoding
