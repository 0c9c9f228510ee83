"""Who gets in where: every address, every method, every kind of person."""
