"""Which row of the specification is checked by which test: read from the marks `@pytest.mark.spec(...)`."""
