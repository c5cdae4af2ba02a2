"""What a production server imports: `gunicorn wsgi:app`. Starts no threads."""

from marketplace.app import create_app

app = create_app()
