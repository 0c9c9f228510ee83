"""The language of playbooks: pure, no Django, no clock, no socket."""
