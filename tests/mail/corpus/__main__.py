"""Write the corpus as .eml files into a folder: `python -m tests.mail.corpus FOLDER`."""

import sys
from pathlib import Path

from tests.mail.corpus.every import CASES

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        (folder / f"{case.name}.eml").write_bytes(case.raw)
    print(f"{len(CASES)} mails in {folder}")
