"""Checks with others' software what Selvedge writes: canonical JSON, the in-toto Statement, the JWS.

Reads one job from standard input and prints one result a check; nothing of Selvedge's own is used.
"""

import json
import sys

import rfc8785
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS


def canonical(text: str) -> None:
    """The text is what RFC 8785 makes of its own value."""
    made = rfc8785.dumps(json.loads(text))
    if made != text.encode():
        raise ValueError(f"RFC 8785 writes {made[:200]!r}")


def statement(text: str) -> None:
    """The text is a valid in-toto Statement, version 1."""
    parsed = json_format.Parse(text, statement_pb2.Statement())
    Statement.copy_from_pb(parsed).validate()


def signed(token: str, payload: str, key: dict) -> None:
    """The compact JWS is signed by the key, over exactly these bytes."""
    jws = JWS()
    jws.allowed_algs = ["EdDSA"]
    jws.deserialize(token)
    jws.verify(JWK(**key), alg="EdDSA")
    if jws.payload != payload.encode():
        raise ValueError("the payload is another one")


CHECKS = {"canonical": canonical, "statement": statement, "signed": signed}


def result(check: dict) -> dict:
    told = {"name": check["name"], "want": check["want"]}
    try:
        CHECKS[check["check"]](*check["args"])
        return {**told, "ok": True}
    except Exception as error:  # whatever the library refuses with
        return {**told, "ok": False, "error": f"{type(error).__name__}: {error}"[:300]}


json.dump([result(check) for check in json.load(sys.stdin)], sys.stdout)
