"""The corpus: mails as real servers and clients write them, and as nobody should, each with its expected outcome.

Cases are declared by theme in the modules of this package; `python -m tests.mail.corpus FOLDER` writes them as .eml.
"""
