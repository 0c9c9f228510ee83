"""What drives the runs: workers that claim strands, let steps act, and write what happened."""
