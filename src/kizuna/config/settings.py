"""Django's settings, all of them derived from config.environment; nothing else reads the environment.

Safe by default: strict content policy, hashed passwords with Argon2, secure cookies as soon as the address is https.
"""

from django.utils.csp import CSP

from kizuna.config import environment

ENVIRONMENT = environment.read()

HOME = ENVIRONMENT.home
SECRET_KEY = ENVIRONMENT.secret_key
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
PUBLIC_URL = ENVIRONMENT.public_url
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
HOST, PORT, ROLES = ENVIRONMENT.host, ENVIRONMENT.port, ENVIRONMENT.roles
CAPTURE_RATE, CHAT_RATE = ENVIRONMENT.capture_rate, ENVIRONMENT.chat_rate
ENGINE, ENGINE_MEMORY = ENVIRONMENT.engine, ENVIRONMENT.engine_memory
ENGINE_URL, SPARK_MASTER = ENVIRONMENT.engine_url, ENVIRONMENT.spark_master
LMTP = ENVIRONMENT.lmtp
PUSH_HOSTS = ENVIRONMENT.push_hosts
MAIL_DOOR = "kizuna.web.mail.doors.open_doors"
ROOT_URLCONF = "kizuna.config.urls"
ASGI_APPLICATION = "kizuna.config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True

DATABASES = {"default": environment.database(ENVIRONMENT)}
MAILERS = environment.mailers(ENVIRONMENT)
DEFAULT_FROM_EMAIL = ENVIRONMENT.mail_from
MAIL_RATE, MAIL_CONNECTIONS = ENVIRONMENT.mail_rate, ENVIRONMENT.mail_connections
MAIL_PROVIDER, MAIL_WEBHOOK = environment.provider_of(ENVIRONMENT), ENVIRONMENT.mail_webhook
SERVER_EMAIL = ENVIRONMENT.mail_from

INSTALLED_APPS = [
    "kizuna.web.console",
    "kizuna.web.public",
    "kizuna.web.portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "kizuna.jobs",
    "kizuna.bus",
    "kizuna.html",
    "kizuna.warehouse",
    "kizuna.shops",
    "kizuna.customers",
    "kizuna.tracking",
    "kizuna.sales",
    "kizuna.knowledge",
    "kizuna.privileges",
    "kizuna.relationships",
    "kizuna.conversations",
    "kizuna.outreach",
    "kizuna.flows",
    "kizuna.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kizuna.web.console.access.navigation",
            ],
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "kizuna_cache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

TASKS = {"default": {"BACKEND": "kizuna.jobs.backend.LeaseBackend", "QUEUES": ["default", "slow"]}}

AUTH_USER_MODEL = "shops.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "kizuna.web.console.adapter.AccountAdapter"
ACCOUNT_FORMS = {"reset_password": "kizuna.web.console.resets.ResetForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {"login_failed": "20/5m/ip,10/5m/key"}
MFA_ADAPTER = "kizuna.web.console.adapter.SecondFactorAdapter"
MFA_TOTP_ISSUER = "Kizuna"
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up alone: an owner vouches for each address
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # a code typed as its half minute ends is still good, as is a clock a little off (RFC 6238, 5.2)

_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
SILENCED_SYSTEM_CHECKS: list[str] = []
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}},
}
