"""`python -m tests.spec`: write docs/coverage-of-the-spec.md."""

from tests.spec import table

if __name__ == "__main__":
    table.DOCUMENT.write_text(table.text())
