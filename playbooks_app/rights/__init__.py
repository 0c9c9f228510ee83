"""What somebody may do with a thing, why, and how rights are given."""
