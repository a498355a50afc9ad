"""Flask-Stateless-Auth 0.0.12 with the routes of its example app, and the models in memory."""

import datetime
import secrets
from base64 import b64encode

from flask import Flask, jsonify, request
from flask_stateless_auth import (
    StatelessAuthError,
    StatelessAuthManager,
    TokenMixin,
    UserMixin,
    current_stateless_user,
    token_required,
)

from serve import serve

app = Flask(__name__)
manager = StatelessAuthManager(app)
users = {}


class Pair(TokenMixin):
    LIFETIMES = {"access": datetime.timedelta(seconds=3600), "refresh": datetime.timedelta(days=365)}

    def __init__(self, user):
        self.user = user
        self.token = {kind: b64encode(secrets.token_bytes(32)).decode() for kind in self.LIFETIMES}
        self.since = datetime.datetime.now()

    def token_expired(self, token_type, auth_type):
        return datetime.datetime.now() > self.since + self.LIFETIMES[token_type]


class User(UserMixin):
    def __init__(self, username):
        self.username = username
        self.pair = None

    def issue(self):
        self.pair = Pair(self)
        token = self.pair.token
        return jsonify(access_token=token["access"], expiry=3600, refresh_token=token["refresh"]), 201


users["omar"] = User("omar")


@manager.token_loader
def load_token(token, token_type, auth_type):
    for user in list(users.values()):
        if user.pair and user.pair.token[token_type] == token:
            return user.pair
    raise StatelessAuthError(f"{token_type} token doesn't belong to a user", 401, "Token")


@manager.user_loader
def load_user(pair):
    return pair.user


@app.errorhandler(StatelessAuthError)
def refuse(error):
    return jsonify(error=error.full_msg), error.code


@app.post("/user")
def create_user():
    username = request.get_json()["username"]
    if username in users:
        raise KeyError(username)
    users[username] = User(username)
    return jsonify(msg="Success!"), 201


@app.post("/create_token")
def create_token():
    return users[request.get_json()["username"]].issue()


@app.put("/refresh_token")
@token_required("refresh")
def refresh_token():
    return current_stateless_user.issue()


@app.delete("/delete_token")
def delete_token():
    user = users[request.get_json()["username"]]
    del user.pair.token
    user.pair = None
    return jsonify(msg="Success!"), 201


@app.get("/secret")
@token_required("access")
def secret():
    return jsonify(secret="Stateless auth is awesome :O")


@app.get("/whoami")
@token_required("access")
def whoami():
    return jsonify(my_username=current_stateless_user.username)


serve(app)
