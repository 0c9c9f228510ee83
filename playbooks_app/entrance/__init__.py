"""Who comes in and how: what we ask of django-allauth for second factors, single sign-on and sessions. Nobody signs up: people are invited."""
