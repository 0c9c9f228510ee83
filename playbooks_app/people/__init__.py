"""Who works in an account: invited, given a place, in departments and groups, by a calendar, and what they leave behind."""
