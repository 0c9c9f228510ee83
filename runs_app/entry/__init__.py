"""How runs come in: at their time, one beside or after the other, with their locks, from schedules and from other runs."""
