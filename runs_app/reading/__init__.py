"""What people read off a run: states in words, sentences, rows of the timeline. Reads only; the same for pages, REST and mail."""
