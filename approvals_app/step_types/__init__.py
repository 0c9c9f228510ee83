"""The people's step types, listed by hand: a list can be read, a folder scan cannot."""


def register_all() -> None:
    """Register them with the language."""
