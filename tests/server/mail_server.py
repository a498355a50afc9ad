"""A real mail server for the tests of the reference server: takes every mail and tells of it. To an address that begins
with `later` it takes none at the first attempt.

    mail_server.py CERTIFICATE KEY

Listens on three free ports of 127.0.0.1: in the open, with STARTTLS (and nothing without it), and with TLS from the
first byte. The ports come as one line of JSON, then each mail as another. Ends with its standard input.
"""

import asyncio
import functools
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def say(what):
    print(json.dumps(what), flush=True)


class Taker:
    def __init__(self):
        self.known = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("later") and address not in self.known:
            self.known.add(address)
            return "451 Come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        say({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": mail["subject"],
            "text": mail.get_content(),
            "encrypted": server.transport.get_extra_info("ssl_object") is not None,
            "login": session.auth_data,
        })
        return "250 Taken"


def authenticate(server, session, envelope, mechanism, data):
    if isinstance(data, LoginPassword) and data.password == b"the mail server's password":
        return AuthResult(success=True, auth_data=data.login.decode())
    return AuthResult(success=False, handled=False)


async def serve():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    # How each session is to be, and whether its connection is encrypted from the first byte.
    ways = {
        "open": ({}, None),
        "starttls": ({"tls_context": context, "require_starttls": True}, None),
        "tls": ({}, context),
    }
    loop, ports = asyncio.get_running_loop(), {}
    for name, (options, encryption) in ways.items():
        session = functools.partial(SMTP, Taker(), authenticator=authenticate, auth_require_tls=False, **options)
        server = await loop.create_server(session, "127.0.0.1", 0, ssl=encryption)
        ports[name] = server.sockets[0].getsockname()[1]
    say(ports)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(serve())
