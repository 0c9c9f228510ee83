"""What stands for the words of a question, for those who may not read what it is about."""

HIDDEN_TITLE = "A decision"
