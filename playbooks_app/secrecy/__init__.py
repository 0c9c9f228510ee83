"""Values that the database never holds in the clear."""
