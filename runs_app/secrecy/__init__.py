"""Secrets on their way: marks that stand for them, their value at the moment of use, and its traces taken out of what comes back."""
