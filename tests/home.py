"""A throw-away home folder for the run, made before Django reads its settings (loaded by `-p tests.home`)."""

import os
import shutil
import tempfile

HOME = tempfile.mkdtemp(prefix="kizuna-test-")
os.environ["KIZUNA_HOME"] = HOME


def pytest_unconfigure() -> None:
    """Remove the folder."""
    shutil.rmtree(HOME, ignore_errors=True)
