"""What happens to a document between a person and a version: kept, checked as a whole, compared, previewed, written as text."""
