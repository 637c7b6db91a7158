"""A file is whole on disk before it has its name, and its name is on disk before anybody is told of it."""

import os
from pathlib import Path

import duckdb
import numpy as np
import pytest

from kizuna.warehouse.files import Rewrite, Writer, find_holding
from kizuna.warehouse.schema import LINE, Table


def lines(*rows: tuple[int, int, int, int]) -> Table:
    """Order lines of (line, order's event, identity, instant)."""
    told = dict(zip(("line_id", "ev_id", "identity_id", "ts_us"), np.array(rows, dtype=np.int64).T, strict=True))
    table = {name: np.zeros(len(rows), dtype=np.int64) for name in LINE}
    return {**table, **told, "customer_id": told["identity_id"], "sku": np.array(["mug"] * len(rows), dtype=object)}


def read(path: Path) -> list[tuple[int, int]]:
    return duckdb.sql(f"SELECT line_id, ts_us FROM read_parquet('{path}')").fetchall()


def test_a_file_is_flushed_then_named_then_its_folder_is_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, story = tmp_path / "new" / "folder", []
    fsync, replace = os.fsync, Path.replace

    def noted_flush(descriptor: int) -> None:
        story.append(("flush", Path(os.readlink(f"/proc/self/fd/{descriptor}")).name))
        fsync(descriptor)

    def noted_name(path: Path, target: Path) -> Path:
        story.append(("name", target.name))
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", noted_flush)
    monkeypatch.setattr(Path, "replace", noted_name)
    with Writer(folder) as writer:
        writer.add("line", lines((1, 1, 5, 9)))
        written = writer.write("line", "line-0-1-1.parquet")
    assert story == [
        *[("flush", tmp_path.name), ("flush", "new")],
        *[("flush", "line-0-1-1.parquet.tmp"), ("name", "line-0-1-1.parquet"), ("flush", "folder")],
    ]
    assert (written.rows, written.first_us, written.bytes) == (1, 9, (folder / "line-0-1-1.parquet").stat().st_size)
    assert [path.name for path in folder.iterdir()] == ["line-0-1-1.parquet"]


def test_rows_are_sorted_and_a_file_without_rows_is_none(tmp_path: Path) -> None:
    with Writer(tmp_path) as writer:
        writer.add("line", lines((3, 1, 7, 1), (1, 1, 5, 8), (2, 1, 5, 4)))
        assert writer.write("ev", "ev-0-1-1.parquet").rows == 0
        writer.write("line", "line-0-1-1.parquet")
    assert read(tmp_path / "line-0-1-1.parquet") == [(2, 4), (1, 8), (3, 1)]
    assert not (tmp_path / "ev-0-1-1.parquet").exists()


def test_a_rewriting_leaves_out_what_is_said_anew_gone_or_too_old(tmp_path: Path) -> None:
    with Writer(tmp_path) as writer:
        writer.add("line", lines((1, 10, 5, 9), (2, 11, 6, 9), (3, 12, 5, 1), (4, 13, 5, 9)))
        writer.write("line", "line-0-1-1.parquet")
    old = tmp_path / "line-0-1-1.parquet"
    assert find_holding([old], [6]) == [old]
    with Writer(tmp_path) as writer:
        writer.take_over(Rewrite({"line": [old]}, stale=[10], gone=[6], from_us=5))
        writer.add("line", lines((5, 10, 5, 9)))
        writer.write("line", "line-0-1-2.parquet")
    assert sorted(row[0] for row in read(tmp_path / "line-0-1-2.parquet")) == [4, 5]
    assert find_holding([tmp_path / "line-0-1-2.parquet"], [6]) == []
