"""Serves one WSGI app on a free port of the loopback interface until standard input ends."""

import datetime
import os
import sys
import threading

import time_machine
from werkzeug.serving import WSGIRequestHandler, make_server


class Clock:
    """Shifted by `POST /__clock?MILLISECONDS`: nobody has to wait until a token expires."""

    def __init__(self, app):
        self.app = app
        self.travel = None

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] != "/__clock":
            return self.app(environ, start_response)
        self.shift(int(environ["QUERY_STRING"]))
        start_response("204 No Content", [])
        return []

    def shift(self, milliseconds):
        if self.travel:
            self.travel.stop()
        now = datetime.datetime.now(datetime.timezone.utc)
        self.travel = time_machine.travel(now + datetime.timedelta(milliseconds=milliseconds), tick=True)
        self.travel.start()


class Quiet(WSGIRequestHandler):
    def log_request(self, *args):
        pass


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


def serve(app):
    server = make_server("127.0.0.1", 0, Clock(app), request_handler=Quiet)
    threading.Thread(target=end_with_input, daemon=True).start()
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
