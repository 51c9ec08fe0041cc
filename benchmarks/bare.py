"""The least that a Flask page can cost: a route that answers with as many bytes as a form page."""

from flask import Flask, Response

app = Flask(__name__)
PAGE = b"x" * 6000


@app.get("/")
def page() -> Response:
    """Nothing but bytes."""
    return Response(PAGE, mimetype="text/html")
