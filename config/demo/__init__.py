"""The whole product on one machine with demo data: what `manage.py demo` starts and keeps alive.

command.py      reads the arguments and settles the environment
supervisor.py   starts everything, starts again what dies, stops everything
service.py      one child process
sink.py         the SMTP server that keeps all mail
services/       outside services that only pretend, for the ready playbooks
mailbox.py      the page and the REST door that show it
record.py       demo.json, for whoever drives the demo from outside
"""
