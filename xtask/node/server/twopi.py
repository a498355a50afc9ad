"""A server on twopi_flask_utils.token_auth, used as its documentation shows, with what an app adds to it: users whose
passwords werkzeug hashes, and refresh tokens in SQLite that survive a power cut, so that several workers can share them.

TWOPI_DATABASE names the file, TWOPI_USERS the users, as NAME:PASSWORD,…
"""

import datetime
import os
import secrets
import sqlite3
import threading
import uuid

import pytz
from flask import Flask, abort, current_app, g, jsonify, request
from marshmallow import fields
from twopi_flask_utils.token_auth import ShortlivedTokenMixin, auth_required, parse_auth_header
from werkzeug.security import check_password_hash, generate_password_hash

app = Flask(__name__)
app.config.update(SECRET_KEY=secrets.token_hex(32), LIFETIME=datetime.timedelta(minutes=5))

local = threading.local()


def connect():
    database = sqlite3.connect(os.environ["TWOPI_DATABASE"], timeout=10, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    return database


def database():
    """A connection for each thread, kept open."""
    if not hasattr(local, "database"):
        local.database = connect()
    return local.database


class AccessToken(ShortlivedTokenMixin):
    class TokenSchema(ShortlivedTokenMixin.TokenSchema):
        rfid = fields.String()
        user_id = fields.String()
        scopes = fields.List(fields.String())

    def __init__(self, rfid, user_id, scopes, **kwargs):
        super().__init__(**kwargs)
        self.rfid = rfid
        self.user_id = user_id
        self.scopes = scopes

    @classmethod
    def from_refresh_token(cls, refresh_token):
        rfid, user = refresh_token
        expiry = datetime.datetime.now(pytz.UTC) + current_app.config["LIFETIME"]
        return cls(rfid, user, ["360noscope"], expiry=expiry)


@app.post("/login")
def login():
    name = request.form.get("username")
    found = database().execute("SELECT password FROM users WHERE name = ?", (name,)).fetchone()
    if not found or not check_password_hash(found[0], request.form.get("password", "")):
        abort(401)
    token, rfid = secrets.token_hex(40), uuid.uuid4().hex
    database().execute("INSERT INTO refresh_tokens (token, rfid, user) VALUES (?, ?, ?)", (token, rfid, name))
    return jsonify(token=AccessToken.from_refresh_token((rfid, name)).dump(), refreshToken=token)


@app.post("/renew")
def renew():
    token = request.form.get("refreshToken")
    found = database().execute("SELECT rfid, user FROM refresh_tokens WHERE token = ?", (token,)).fetchone()
    if not found:
        abort(401)
    return jsonify(token=AccessToken.from_refresh_token(found).dump())


@app.post("/protected")
@parse_auth_header(AccessToken)
@auth_required()
def protected():
    return f"Welcome, {g.token.user_id}"


def prepare():
    """Once, before the workers are forked: no connection may be open then."""
    database = connect()
    database.execute("CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT NOT NULL)")
    database.execute("CREATE TABLE refresh_tokens (token TEXT PRIMARY KEY, rfid TEXT NOT NULL, user TEXT NOT NULL)")
    for user in os.environ["TWOPI_USERS"].split(","):
        name, password = user.split(":")
        database.execute("INSERT INTO users VALUES (?, ?)", (name, generate_password_hash(password)))
    database.close()


prepare()
