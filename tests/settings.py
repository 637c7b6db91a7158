"""The installation's own settings, but for one: passwords are hashed quickly, because tests make many people.

That the real ones are hashed slowly is tested in tests/config/test_settings.py; the demo's journey runs on them.
"""

from kizuna.config import settings as real

names = [name for name in dir(real) if name.isupper() and not name.startswith("_")]
globals().update({name: getattr(real, name) for name in names})

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
