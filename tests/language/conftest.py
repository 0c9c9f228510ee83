"""Properties are tried without a clock: the machine may be busy."""

from hypothesis import settings

settings.register_profile("language", deadline=None, max_examples=50)
settings.load_profile("language")
