"""Measures the engine against the limits of the machine it runs on: `python3 run.py bench`."""
