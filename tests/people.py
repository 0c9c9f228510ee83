"""What tests know of the fixed people (approvals_app/demo/people.py has them all)."""

PASSWORD = "correct horse battery"  # the demo's own is refused outside the demo
