"""The server under test, as schemathesis meets it: what random values alone would never hit, it is given here.

A refresh token that can still be spent, a code that was mailed, the right old password: without them a route would only ever be
seen refusing.
"""

import json
import os
from collections import Counter, defaultdict

import requests
import schemathesis

BASE = os.environ["TOKENKEEP_BASE"]
ME = (os.environ["TOKENKEEP_NAME"], os.environ["TOKENKEEP_PASSWORD"])
ADMIN = os.environ["TOKENKEEP_IS_ADMIN"] == "yes"
OTHER = ("other", "correct horse")
PASSWORD = "correct horse"

counts = Counter()
reached = defaultdict(Counter)


def ask(method, path, token=None, **body):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.request(method, f"{BASE}/api/v1{path}", json=body or None, headers=headers, timeout=60)
    answer.raise_for_status()
    return answer.json() if answer.content else None


def sign_in(name, password):
    return ask("POST", "/login", username=name, password=password)


def mailed_to(email):
    """Mail is sent while the answer is on its way."""
    while True:
        letters = requests.get(f"{BASE}/__outbox", timeout=60).json()["letters"]
        codes = [letter["code"] for letter in letters if letter["to"] == email]
        if codes:
            return codes[-1]


def newcomer():
    counts["newcomers"] += 1
    name = f"newcomer-{ME[0]}-{counts['newcomers']}"
    ask("POST", "/register", username=name, password=PASSWORD, email=f"{name}@example.com")
    return name


def verification_code():
    return mailed_to(f"{newcomer()}@example.com")


def reset_code():
    name = newcomer()
    email = f"{name}@example.com"
    code = mailed_to(email)
    ask("POST", "/email/verify", code=code)
    ask("POST", "/password/forgot", email=email)
    while (reset := mailed_to(email)) == code:
        pass
    return reset


# A client may cause no more than thirty mails of this kind, and the route that sends them is tried as well.
reset_codes = [reset_code() for _ in range(2)]
me = sign_in(*ME)["subject"]
other = sign_in(*OTHER)["subject"]


def session_of(name, password):
    return ask("GET", "/status", sign_in(name, password)["token"])["session"]


def has_text(body, field, least=1, most=10_000):
    return isinstance(body, dict) and isinstance(body.get(field), str) and least <= len(body[field]) <= most


def spend(field, make):
    """Puts a value that is good in place of one that only looks like it; a value of the wrong shape stays as it is."""

    def fill(case):
        if has_text(case.body, field):
            case.body[field] = make()

    return fill


def reset_password(case):
    # One of the few codes is not to be wasted on a password that is refused.
    if reset_codes and has_text(case.body, "code") and has_text(case.body, "password", 8, 1024):
        case.body["code"] = reset_codes.pop()


def change_password(case):
    if has_text(case.body, "password"):
        token = sign_in(newcomer(), PASSWORD)["token"]
        case.body["password"] = PASSWORD
        if "Authorization" in (case.headers or {}):
            case.headers["Authorization"] = f"Bearer {token}"


def give_role(case):
    case.path_parameters["id"] = other
    # Which roles there are is the server's to choose, and no part of the document.
    if has_text(case.body, "role"):
        case.body["role"] = "basic"


def in_path(**make):
    def fill(case):
        for name, value in make.items():
            case.path_parameters[name] = value()

    return fill


GOOD = {
    "POST /renew": spend("refreshToken", lambda: sign_in(*ME)["refreshToken"]),
    "POST /email/verify": spend("code", verification_code),
    "POST /password/reset": reset_password,
    "POST /password/change": change_password,
    "PUT /users/{id}/role": give_role,
    "GET /users/{id}": in_path(id=lambda: me if counts["GET /users/{id}"] % 2 else other),
    "GET /users/{id}/sessions": in_path(id=lambda: other),
    "DELETE /users/{id}/sessions": in_path(id=lambda: other),
    "DELETE /sessions/{session}": in_path(session=lambda: session_of(*ME)),
    "DELETE /users/{id}/sessions/{session}": in_path(id=lambda: other, session=lambda: session_of(*OTHER)),
}


@schemathesis.hook
def before_call(context, case, kwargs):
    label = case.operation.label
    counts[label] += 1
    if label in GOOD and counts[label] % 3 == 1 and case.method == case.operation.method.upper():
        GOOD[label](case)


@schemathesis.hook
def after_call(context, case, response):
    if case.method == case.operation.method.upper():
        reached[case.operation.label][response.status_code] += 1
        with open(os.environ["TOKENKEEP_REACHED"], "w") as file:
            json.dump(reached, file)


def code_of(response):
    try:
        return json.loads(response.content)["code"]
    except (ValueError, TypeError, KeyError):
        return None


@schemathesis.check
def what_fits_the_document_is_read(ctx, response, case):
    """A value may be refused for what it means, but not for its form, if the form is as documented."""
    upgrade = case.operation.label == "GET /socket"
    if case.meta.generation.mode.is_positive and code_of(response) == "invalid_request" and not upgrade:
        raise AssertionError(f"refused for its form: {json.loads(response.content)['detail']}")


@schemathesis.check
def nothing_is_to_be_stored_or_sniffed(ctx, response, case):
    for name, wanted in [("cache-control", "no-store"), ("x-content-type-options", "nosniff")]:
        if response.headers.get(name) != [wanted]:
            raise AssertionError(f"{name}: {response.headers.get(name)}")


@schemathesis.check
def nobody_sees_or_touches_another_user(ctx, response, case):
    path = case.operation.path
    if ADMIN or not path.startswith("/users/") or response.status_code >= 400:
        return
    if path != "/users/{id}" or json.loads(response.content)["subject"] != me:
        raise AssertionError("that takes an administrator")
