"""A throw-away home folder and the settings of the run, chosen before Django reads them (loaded by `-p tests.home`)."""

import os
import shutil
import tempfile

HOME = tempfile.mkdtemp(prefix="kizuna-test-")
os.environ["KIZUNA_HOME"] = HOME
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"


def pytest_unconfigure() -> None:
    """Remove the folder."""
    shutil.rmtree(HOME, ignore_errors=True)
