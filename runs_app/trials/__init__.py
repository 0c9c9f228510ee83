"""Runs that touch nothing: the sandbox, a try of a draft, and the plan of what a run would do."""
