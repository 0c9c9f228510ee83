"""Outside services that only pretend: what the ready playbooks call in the demo, and what they were told.

book.py      which services there are, and how each behaves at first
answers.py   what each answers
records.py   every call as a line of a file, and the behaviours that somebody has chosen; read by the page in another process
server.py    one HTTP server on a port of the loopback address, in a thread of the demo; a service is the first part of the path
page.py      `/demo/services/`: what they received, and a lever for each
"""
