"""Settings: one file, every knob from the environment; a wrong value stops the boot by name. docs/operations.md lists the knobs."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from urllib.parse import unquote, urlsplit

import django_stubs_ext

from config import sign_in
from config.environment import Environment, process_name

django_stubs_ext.monkeypatch()  # lets annotations name what admins, forms and querysets are about

env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.folder("HANDRAIL_DATA_DIR", BASE_DIR / ".data")

# What kind of installation this is
DEBUG = env.flag("DEBUG")
DEMO = env.flag("HANDRAIL_DEMO")  # built-in mailbox, password `demo`; never on a machine that strangers reach
MOVABLE_CLOCK = env.flag("MOVABLE_CLOCK")  # `manage.py clock_offset`
CLOCK_SKEW = env.seconds("CLOCK_SKEW")  # of this process alone; only with MOVABLE_CLOCK
TEST_HOSTS = env.text("TEST_HOSTS", "")  # name=address[+address],… for the resolver of the egress function; only with MOVABLE_CLOCK
EGRESS_ALLOW = env.text("EGRESS_ALLOW", "")  # internal targets that steps may reach: 127.0.0.1:9001,10.0.0.0/8
SERVICES = env.addresses("SERVICES")  # outside services that every account finds as `config.services.<name>`; its own come first
STEP_TYPES = env.names("STEP_TYPES", "")  # further step types, module:attribute,…; installed packages add theirs by entry points
CLEAN_UP_AFTER_DAYS = env.number(
    "CLEAN_UP_AFTER_DAYS", 0, least=0, most=36500
)  # failed and paused runs untouched for so long are archived; 0 = never
LEASE_SECONDS = env.number("LEASE_SECONDS", 15, least=1, most=3600)  # a worker that is silent for so long has lost its strands
LOCK_TTL_SECONDS = env.number("LOCK_TTL_SECONDS", 300, least=1, most=86_400)  # a lock stays taken for so long while nothing of its run shows life

# Web
BASE_URL = env.url("BASE_URL", "http://127.0.0.1:8000", ("http", "https"), "https://handrail.example.com")  # in mails and links
SECRET_KEY = env.secret("SECRET_KEY", kept_in=DATA_DIR / "secret_key")
SECRETS_KEYS = env.sealing_keys("SECRETS_KEYS", kept_in=DATA_DIR / "secrets_keys")  # newest first: it seals, all of them open
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS", "")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", f"{urlsplit(BASE_URL).hostname},127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
SECURE = BASE_URL.startswith("https:")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = 14 * 24 * 3600
BEHIND_TLS_PROXY = env.flag("BEHIND_TLS_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
SECURE_SSL_REDIRECT = SECURE and BEHIND_TLS_PROXY  # without being told of the proxy every request would look like plain http, for ever
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked by machines inside
SECURE_HSTS_SECONDS = env.whole("SECURE_HSTS_SECONDS", 31_536_000 if SECURE else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("SECURE_HSTS_INCLUDE_SUBDOMAINS", SECURE)
SECURE_HSTS_PRELOAD = env.flag("SECURE_HSTS_PRELOAD")
SILENCED_SYSTEM_CHECKS = [
    "security.W021",  # browsers' built-in lists are the domain owner's decision: SECURE_HSTS_PRELOAD
    *(() if SECURE_SSL_REDIRECT or not SECURE else ("security.W008",)),  # the proxy that we are not told of redirects
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = env.whole("UPLOAD_LIMIT_BYTES", 12 * 1024 * 1024, least=1024)
CSRF_FAILURE_VIEW = "playbooks_app.pages.errors.csrf_failure"
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

# Mail
EMAIL_URL = env.url("EMAIL_URL", "smtp://127.0.0.1:1025", ("smtp", "smtps"), "smtp://user:password@host:587")
EMAIL_HOST, EMAIL_PORT = urlsplit(EMAIL_URL).hostname or "", urlsplit(EMAIL_URL).port or (465 if EMAIL_URL.startswith("smtps:") else 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(urlsplit(EMAIL_URL).username or ""), unquote(urlsplit(EMAIL_URL).password or "")
RECORD_FONTS = env.names(  # the first that exists writes the signs of East Asia in records as PDF
    "RECORD_FONTS",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc,/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc,"
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",  # of the packages of Debian, Fedora and Arch
)
EMAIL_USE_SSL = EMAIL_URL.startswith("smtps:")
EMAIL_USE_TLS = "tls=1" in urlsplit(EMAIL_URL).query.split("&")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Handrail <handrail@localhost>")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "django_q",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.socialaccount.providers.saml",
    "allauth.usersessions",
    "config",
    "playbooks_app",
    "runs_app",
    "approvals_app",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "config.content_policy.ContentPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "playbooks_app.middleware.WithSlash",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "playbooks_app.middleware.KeptByNobody",
    "playbooks_app.middleware.AuditedAddress",
    "playbooks_app.api.gate.Gatekeeper",
    "playbooks_app.api.etag.NotModified",
    "playbooks_app.middleware.StorableTexts",
    "playbooks_app.middleware.PlanGate",
    "playbooks_app.middleware.ViewerTimezone",
    "playbooks_app.middleware.ErrorPages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "playbooks_app.pages.shell.shell",
            ]
        },
    }
]

# Database: connections are pooled in web processes (a request's thread is short-lived), direct elsewhere
DATABASES = {"default": {**env.database("DATABASE_URL", "postgresql://postgres@/handrail"), "CONN_MAX_AGE": 0}}
DATABASES["default"]["OPTIONS"].setdefault("application_name", f"handrail {process_name(sys.argv)}")  # /readyz looks for the clock's
if pool := env.whole("DATABASE_POOL", 0, most=100):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": max(2, pool), "timeout": 10}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "handrail_cache"}}  # one for all processes: used codes
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "playbooks_app.User"
AUTHENTICATION_BACKENDS = ["config.demo.password.NoDemoPassword", "playbooks_app.entrance.sign_in.EmailOrUsername"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"

# Second factors and single sign-on (playbooks_app/entrance): nobody signs up, and tries are counted by our own throttle
ACCOUNT_ADAPTER = "playbooks_app.entrance.account.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"  # addresses come from whoever invites
ACCOUNT_RATE_LIMITS = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # seconds for which one proof is enough
MFA_ADAPTER = "playbooks_app.entrance.second_factor.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_REAUTHENTICATION_REQUIRED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "playbooks_app.entrance.second_factor.CodeForm",
    "reauthenticate": "playbooks_app.entrance.second_factor.CodeAgainForm",
}
SOCIALACCOUNT_ADAPTER = "playbooks_app.entrance.single_sign_on.SingleSignOn"
SOCIALACCOUNT_PROVIDERS = sign_in.providers(env.text("SIGN_IN_PROVIDERS", ""))

# Words and time
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False

# Static files: collected, hashed and compressed; straight from the source folders with DEBUG
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
PLAIN_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": PLAIN_FILES if DEBUG else "config.static_files.HashedFiles"},
}

# Sockets: the layer stays inside a process; news comes from PostgreSQL (runs_app/news/live.py)
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

# django-q2 gives hints only (docs/decisions/0002): no time-out, no second delivery, small poll
warnings.filterwarnings("ignore", "Retry and timeout are misconfigured")  # it would like a time-out
Q_CLUSTER = {
    "name": "handrail",
    "orm": "default",
    "workers": env.whole("WORKERS", 2, least=1, most=64),
    "queue_limit": 2,
    "bulk": 1,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": 250,
    "catch_up": False,
    "poll": 0.2,
    "retry": 2_000_000_000,
    "timeout": None,
}

# Calls to the REST doors in one minute: enough for a program that asks ten times a second on twenty lines, too few for one that has run wild
METRICS_TOKEN = env.text("METRICS_TOKEN", "")  # whoever reads /metrics sends it; empty: the figures are open, they hold no names
INVITATION_DAYS = env.whole("INVITATION_DAYS", 7, least=1, most=90)  # how long the link in an invitation works
# Of an account that has none of its own (Django admin, accounts); 0 = no limit. An installation for one company needs none of the first four
RUNS_AT_ONCE_OF_ACCOUNT = env.whole("RUNS_AT_ONCE_OF_ACCOUNT", 0)  # live runs that are not over; those that a run starts belong to it
STARTS_PER_MINUTE_OF_ACCOUNT = env.whole("STARTS_PER_MINUTE_OF_ACCOUNT", 0)
INPUT_BYTES_OF_RUN = env.whole("INPUT_BYTES_OF_RUN", 0)  # as JSON; what a request may carry is limited anyhow
PEOPLE_OF_ACCOUNT = env.whole("PEOPLE_OF_ACCOUNT", 0)
FILE_MEGABYTES_OF_ACCOUNT = env.whole("FILE_MEGABYTES_OF_ACCOUNT", 10_000)  # kept with approvals, for ever: a full disk stops everybody
STEPS_OF_PLAYBOOK = env.whole("STEPS_OF_PLAYBOOK", 5_000, least=1, most=5_000)  # what the language can hold
API_CALLS_PER_MINUTE = env.whole("API_CALLS_PER_MINUTE", 12_000, least=1)
API_CALLS_PER_MINUTE_OF_ACCOUNT = env.whole("API_CALLS_PER_MINUTE_OF_ACCOUNT", 60_000, least=1)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["playbooks_app.api.authentication.ByToken", "rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PARSER_CLASSES": ["playbooks_app.api.parsers.JsonParser"],
    "DEFAULT_THROTTLE_CLASSES": ["playbooks_app.api.gate.Gate"],
    "DEFAULT_PERMISSION_CLASSES": ["playbooks_app.api.access.InAccountWithPlaybooks"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "playbooks_app.api.paging.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "playbooks_app.api.errors.exception_handler",
    "PAGE_SIZE": 50,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Handrail",
    "DESCRIPTION": "Playbooks that survive crashes, wait for people and can be repaired in mid-flight.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "playbooks_app.api.openapi.common_refusals"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/static/favicon.svg",
    "TAGS": [
        {"name": name, "description": words}
        for name, words in {
            "playbooks": "Drafts: draw, check, try, publish.",
            "versions": "Published documents, which never change.",
            "runs": "Start, read and steer.",
            "steps": "What happened at one place of a run, and its repair.",
            "trials": "The same again without acting.",
            "effects": "What left the house.",
            "events": "Tell runs what has happened.",
            "checkpoints": "What long jobs remember of themselves.",
            "approvals": "Decide, hand over, ask who would be asked.",
            "schedules": "Start by the clock.",
            "webhooks": "Be told.",
            "notifications": "What you were told.",
            "sharing": "Who sees what.",
            "locks": "Who is inside, and who waits.",
            "secrets": "Secrets and connections; values go in and never come out.",
            "calendars": "Working hours and holidays.",
            "people": "Members, departments, groups, invitations, and the audit log.",
            "tokens": "Keys for programs.",
        }.items()
    ],
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none", "filter": True, "defaultModelsExpandDepth": -1, "tryItOutEnabled": False},
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "runs_app.statuses.RunStatus",
        "StepRunStatus": "runs_app.statuses.StepStatus",
        "RunMode": "runs_app.api.documents.MODES",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))},
    "loggers": {"daphne": {"level": "WARNING"}, "django.server": {"level": "WARNING"}, "httpx": {"level": "WARNING"}},
}
