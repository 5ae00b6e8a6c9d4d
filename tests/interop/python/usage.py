"""Verifies usage: usage.md."""

from datetime import datetime
from fractions import Fraction

from values import *

DECIMAL = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,12})?"
# A sum may be longer than what is summed up, and has one form.
SUM = r"(?!-0$)-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?"


def text(value: object) -> str:
    want(isinstance(value, str) and re.search(r"\S", value))
    return value


def instant(value: str) -> datetime:
    want(matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", value), "PROOF_USAGE_WINDOW")
    whole, zone = value[:19], value[-6:].replace("Z", "") if value[-1] != "Z" else "+00:00"
    fraction = re.search(r"\.(\d+)", value)
    moment = f"{whole}.{(fraction[1] if fraction else '0'):0<6.6}{zone}"
    try:
        return datetime.fromisoformat(moment)
    except ValueError:
        raise Refused("PROOF_USAGE_WINDOW") from None


def sealed(fields: dict) -> dict:
    """What the record of a window says of it."""
    for name in ("meter", "from", "until", "total"):
        text(fields.get(name))
    for name in ("subject", "unit"):
        name in fields and text(fields[name])
    want(whole(fields.get("count")))
    unb64(fields.get("root"), 32)
    return fields


def data_of(event: dict) -> dict:
    want(isinstance(event.get("data"), dict), "PROOF_MEMBERS")
    return event["data"]


def leaf(event: dict, salt: str, window: dict) -> tuple[str, bytes]:
    """The key of an event, and the hash of its leaf."""
    said = event.get("type"), event.get("subject"), data_of(event).get("unit")
    want(said == (window["meter"], window.get("subject"), window.get("unit")), "PROOF_USAGE_WINDOW")
    want(instant(text(event.get("time"))) < instant(window["until"]), "PROOF_USAGE_WINDOW")
    key = h(jcs([text(event.get("source")), text(event.get("id"))])).hex()
    want(len(unb64(salt)) == 32, "PROOF_HASH_LENGTH")
    c = b64(h(jcs([salt, event])))
    return key, h(b"\x00", jcs(["selvedge/usage/1", key, c]))


def proof_form(data: bytes) -> dict:
    proof = read_jcs(data)
    members(proof, "event", "index", "path", "record", "salt", "size", "v")
    want(proof["v"] == "selvedge/usage-proof/1" and is_id(proof["record"]))
    want(isinstance(proof["event"], dict), "PROOF_MEMBERS")
    unb64(proof["salt"], 32)
    want(whole(proof["index"]) and whole(proof["size"]) and isinstance(proof["path"], list))
    return {**proof, "path": [unb64(one, 32) for one in proof["path"]]}


def verify_event(data: bytes, fields: dict) -> None:
    proof, window = proof_form(data), sealed(fields)
    index, size = proof["index"], proof["size"]
    want(size == window["count"], "PROOF_SIZES")
    _, hashed = leaf(proof["event"], proof["salt"], window)
    want(index < size, "PROOF_INDEX_OUT_OF_RANGE")
    made = inclusion_root(index, size, hashed, proof["path"])
    want(b64(made) == window["root"], "PROOF_ROOT_MISMATCH")


def amount(event: dict) -> Fraction:
    value = data_of(event).get("value")
    written = number(value) if type(value) in (int, float) else text(value)
    want(matches(DECIMAL, written))
    return Fraction(written)


def verify_window(events: list, fields: dict) -> None:
    window = sealed(fields)
    want(len(events) == window["count"], "PROOF_SIZES")
    leaves = sorted(leaf(one["event"], one["salt"], window) for one in events)
    want(ascending([key for key, _ in leaves]), "PROOF_FIELD_ORDER")
    want(b64(root([hashed for _, hashed in leaves])) == window["root"], "PROOF_ROOT_MISMATCH")
    want(matches(SUM, window["total"]), "PROOF_USAGE_TOTAL")
    total = sum(amount(one["event"]) for one in events)
    want(total == Fraction(window["total"]), "PROOF_USAGE_TOTAL")
