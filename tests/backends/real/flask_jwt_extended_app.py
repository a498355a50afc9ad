"""Flask-JWT-Extended as its documentation shows: refresh tokens that stay, revoking both kinds by a blocklist."""

import datetime

from flask import Flask, jsonify, request
from flask_cors import CORS
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    create_refresh_token,
    get_jwt,
    get_jwt_identity,
    jwt_required,
)

from serve import serve

app = Flask(__name__)
app.config.update(
    JWT_SECRET_KEY="a secret that is long enough for a test",
    JWT_ACCESS_TOKEN_EXPIRES=datetime.timedelta(minutes=15),
    JWT_REFRESH_TOKEN_EXPIRES=datetime.timedelta(days=30),
)
CORS(app)
jwt = JWTManager(app)
blocked = set()


@jwt.token_in_blocklist_loader
def is_blocked(header, payload):
    return payload["jti"] in blocked


@app.post("/login")
def login():
    given = request.get_json()
    if (given.get("username"), given.get("password")) != ("test", "test"):
        return jsonify({"msg": "Bad username or password"}), 401
    name = given["username"]
    return jsonify(access_token=create_access_token(name), refresh_token=create_refresh_token(name))


@app.post("/refresh")
@jwt_required(refresh=True)
def refresh():
    return jsonify(access_token=create_access_token(get_jwt_identity()))


@app.delete("/logout")
@jwt_required(verify_type=False)
def logout():
    payload = get_jwt()
    blocked.add(payload["jti"])
    return jsonify(msg=f"{payload['type'].capitalize()} token successfully revoked")


@app.get("/protected")
@jwt_required()
def protected():
    return jsonify(logged_in_as=get_jwt_identity())


serve(app)
