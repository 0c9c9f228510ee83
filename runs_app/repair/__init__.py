"""What people do to a run that goes on, waits or has failed: retry, skip, override, set right, copy."""
