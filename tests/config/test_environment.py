"""The environment: the installation's own key is written once, whole, for its owner alone."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kizuna.config import environment
from kizuna.config.environment import BadSetting


def test_processes_that_start_together_agree_on_the_secret_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: environment.read({"KIZUNA_HOME": str(tmp_path)}).secret_key, range(64)))
    assert len(set(found)) == 1
    assert len(found[0]) > 40
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KIZUNA_PORT", "many"),
        ("KIZUNA_PORT", "99999"),
        ("KIZUNA_ROLES", "web,king"),
        ("KIZUNA_TRUSTED_PROXIES", "1.5"),
        ("KIZUNA_DATABASE_URL", "mysql://somewhere/shop"),
        ("KIZUNA_ENGINE", "abacus"),
        ("KIZUNA_ENGINE_MEMORY", "much"),
        ("KIZUNA_ENGINE_URL", "postgresql://nowhere"),
    ],
)
def test_nonsense_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        environment.read({"KIZUNA_HOME": str(tmp_path), name: value})
