"""Policies decide, others act: pure functions from what happened to what is to be done."""
