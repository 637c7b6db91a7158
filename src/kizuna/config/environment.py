"""The environment variables an installation is set up with, parsed once into one typed value.

Only this module reads the environment. Every variable is described in docs/settings.md (a test compares).
"""

import contextlib
import os
import re
import secrets
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

HIGHEST_PORT = 65_535
ROLES = ("web", "capture", "worker")
ENGINES = ("duckdb", "sqlite", "postgresql", "spark", "clickhouse")


class BadSetting(ValueError):
    """A KIZUNA_* variable holds something the installation cannot run with."""


@dataclass(frozen=True)
class Environment:
    """What the KIZUNA_* variables say; `read` fills every field."""

    home: Path
    database_url: str
    secret_key: str
    host: str
    port: int
    roles: tuple[str, ...]
    public_url: str
    allowed_hosts: tuple[str, ...]
    email_url: str
    mail_from: str
    mail_rate: int
    mail_connections: int
    mail_webhook: str
    trusted_proxies: int
    capture_rate: int
    chat_rate: int
    debug: bool
    engine: str
    engine_memory: str
    engine_url: str
    spark_master: str
    lmtp: tuple[str, int] | None
    push_hosts: tuple[str, ...]


def read(variables: dict[str, str] | None = None) -> Environment:
    """Read the variables; the home folder and its secret key are made on first use."""
    env = dict(os.environ) if variables is None else variables
    home = Path(env.get("KIZUNA_HOME") or Path.home() / ".local" / "share" / "kizuna").expanduser().absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = _whole_number(env, "KIZUNA_PORT", 8000)
    if not 0 <= port <= HIGHEST_PORT:
        raise BadSetting(f"KIZUNA_PORT (--port) must lie between 0 (any free one) and {HIGHEST_PORT}, not {port}")
    host = env.get("KIZUNA_HOST", "127.0.0.1")
    public_url = env.get("KIZUNA_PUBLIC_URL", f"http://{host}:{port}").rstrip("/")
    public_host = urlsplit(public_url).hostname or host
    extra = tuple(name.strip() for name in env.get("KIZUNA_ALLOWED_HOSTS", "").split(",") if name.strip())
    return Environment(
        home=home,
        database_url=_postgresql("KIZUNA_DATABASE_URL", env.get("KIZUNA_DATABASE_URL", "")),
        secret_key=env.get("KIZUNA_SECRET_KEY") or _kept_secret(home),
        host=host,
        port=port,
        roles=_roles(env.get("KIZUNA_ROLES", ",".join(ROLES))),
        public_url=public_url,
        allowed_hosts=tuple(dict.fromkeys((public_host, host, "localhost", "127.0.0.1", "[::1]", *extra))),
        email_url=env.get("KIZUNA_EMAIL_URL", ""),
        mail_from=env.get("KIZUNA_MAIL_FROM", f"kizuna@{public_host}"),
        mail_rate=_whole_number(env, "KIZUNA_MAIL_RATE", 600),
        mail_connections=max(_whole_number(env, "KIZUNA_MAIL_CONNECTIONS", 4), 1),
        mail_webhook=_credentials("KIZUNA_MAIL_WEBHOOK", env.get("KIZUNA_MAIL_WEBHOOK", "")),
        trusted_proxies=_whole_number(env, "KIZUNA_TRUSTED_PROXIES", 0),
        capture_rate=_whole_number(env, "KIZUNA_CAPTURE_RATE", 20_000),
        chat_rate=_whole_number(env, "KIZUNA_CHAT_RATE", 20),
        debug=env.get("KIZUNA_DEBUG", "") == "1",
        engine=_engine(env.get("KIZUNA_ENGINE") or "duckdb"),
        engine_memory=_memory(env.get("KIZUNA_ENGINE_MEMORY") or "2GB"),
        engine_url=_postgresql("KIZUNA_ENGINE_URL", env.get("KIZUNA_ENGINE_URL") or env.get("KIZUNA_DATABASE_URL", "")),
        spark_master=env.get("KIZUNA_SPARK_MASTER") or "local[*]",
        lmtp=_address("KIZUNA_LMTP", env.get("KIZUNA_LMTP", "")),
        push_hosts=tuple(each.strip().lower() for each in env.get("KIZUNA_PUSH_HOSTS", "").split(",") if each.strip()),
    )


def database(environment: Environment) -> dict[str, object]:
    """The Django DATABASES entry: SQLite in the home folder unless a postgresql:// address is given."""
    if not environment.database_url:
        return {
            "ENGINE": "kizuna.config.sqlite",
            "NAME": environment.home / "kizuna.sqlite3",
            "TEST": {"NAME": environment.home / "test.sqlite3"},
            "CONN_MAX_AGE": 600,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384;"
                " PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456",
            },
        }
    parts = urlsplit(environment.database_url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def mailers(environment: Environment) -> dict[str, dict[str, object]]:
    """The Django MAILERS entry: files in the home folder until a mail server or a provider is named."""
    if not environment.email_url:
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return {"default": {"BACKEND": backend, "OPTIONS": {"file_path": environment.home / "outbox"}}}
    parts = urlsplit(environment.email_url)
    if parts.scheme.startswith("anymail+"):
        return {"default": _provider(parts)}
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        raise BadSetting(
            "KIZUNA_EMAIL_URL must look like smtp://user:password@host:25 (or smtps://, smtp+tls://),"
            " or anymail+postmark://?server_token=..."
        )
    options = {
        "host": parts.hostname,
        "port": parts.port or (465 if parts.scheme == "smtps" else 25),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": parts.scheme == "smtps",
        "use_tls": parts.scheme == "smtp+tls",
        "timeout": 20,
    }
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}


def provider_of(environment: Environment) -> str:
    """Name the provider that mail goes through, as django-anymail calls it; empty where it is none."""
    scheme = urlsplit(environment.email_url).scheme
    return scheme.removeprefix("anymail+").replace("-", "_") if scheme.startswith("anymail+") else ""


def _provider(parts: SplitResult) -> dict[str, object]:
    """A provider that django-anymail speaks to; its options are those of anymail, in lower case."""
    name = parts.scheme.removeprefix("anymail+").replace("-", "_")
    if not re.fullmatch(r"[a-z_]+", name) or find_spec(f"anymail.backends.{name}") is None:
        raise BadSetting(f"KIZUNA_EMAIL_URL names {name!r}, which django-anymail does not know")
    options: dict[str, object] = dict(parse_qsl(parts.query, keep_blank_values=True))
    return {"BACKEND": f"anymail.backends.{name}.EmailBackend", "OPTIONS": options}


def _credentials(name: str, text: str) -> str:
    if text and not re.fullmatch(r"[^\s:]+:\S{16,}", text):
        raise BadSetting(f"{name} must look like user:password, the password of 16 characters or more")
    return text


def _whole_number(env: dict[str, str], name: str, default: int) -> int:
    try:
        return int(env.get(name) or default)
    except ValueError:
        raise BadSetting(f"{name} must be a whole number, not {env[name]!r}") from None


def _roles(text: str) -> tuple[str, ...]:
    roles = tuple(role.strip() for role in text.split(",") if role.strip())
    unknown = sorted(set(roles) - set(ROLES))
    if unknown or not roles:
        raise BadSetting(f"KIZUNA_ROLES takes any of {', '.join(ROLES)}; got {text!r}")
    return roles


def _engine(name: str) -> str:
    if name not in ENGINES:
        raise BadSetting(f"KIZUNA_ENGINE takes one of {', '.join(ENGINES)}; got {name!r}")
    return name


def _memory(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]*(\.[0-9]+)? ?[KMGT]i?B", text):
        raise BadSetting(f"KIZUNA_ENGINE_MEMORY must look like 512MB or 4GB, not {text!r}")
    return text


def _address(name: str, text: str) -> tuple[str, int] | None:
    """A host and a port, `127.0.0.1:2424` or `[::1]:2424`; port 0 takes any free one."""
    if not text.strip():
        return None
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > HIGHEST_PORT:
        raise BadSetting(f"{name} must look like 127.0.0.1:2424, not {text!r}")
    return host.strip("[]"), int(port)


def _postgresql(name: str, url: str) -> str:
    parts = urlsplit(url)
    if url and (parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/")):
        raise BadSetting(f"{name} must look like postgresql://user:password@host:port/name")
    return url


def _kept_secret(home: Path) -> str:
    """The installation's own random key, written once; two processes starting together agree on it.

    The file appears whole or not at all, so nobody reads half a key.
    """
    path = home / "secret.key"
    if not path.exists():
        mine = home / f"secret.key.{secrets.token_hex(8)}"
        with os.fdopen(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
        mine.unlink()
    return path.read_text().strip()
