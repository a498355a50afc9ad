"""twopi_flask_utils.token_auth, used as its documentation shows."""

import datetime
import secrets
import uuid

import pytz
from flask import Flask, abort, current_app, g, jsonify, request
from marshmallow import fields
from twopi_flask_utils.token_auth import ShortlivedTokenMixin, auth_required, parse_auth_header

from serve import serve

app = Flask(__name__)
app.config.update(SECRET_KEY="supersecret", LIFETIME=datetime.timedelta(hours=1))

# What the refresh tokens stand for: their id and their user.
granted = {}


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
        rfid, user = granted[refresh_token]
        expiry = datetime.datetime.now(pytz.UTC) + current_app.config["LIFETIME"]
        return cls(rfid, user, ["360noscope"], expiry=expiry)


@app.post("/login")
def login():
    user = request.form.get("username")
    if (user, request.form.get("password")) != ("test", "test"):
        abort(401)
    refresh_token = secrets.token_hex(40)
    granted[refresh_token] = (uuid.uuid4().hex, user)
    return jsonify(token=AccessToken.from_refresh_token(refresh_token).dump(), refreshToken=refresh_token)


@app.post("/renew")
def renew():
    refresh_token = request.form.get("refreshToken")
    if refresh_token not in granted:
        abort(401)
    return jsonify(token=AccessToken.from_refresh_token(refresh_token).dump())


@app.post("/logout")
@parse_auth_header(AccessToken)
@auth_required()
def logout():
    found = [token for token, (rfid, _) in granted.items() if rfid == g.token.rfid]
    if not found:
        abort(401)
    del granted[found[0]]
    return jsonify(status="success")


@app.post("/protected")
@parse_auth_header(AccessToken)
@auth_required()
def protected():
    return f"Welcome, {g.token.user_id}"


serve(app)
