"""A verifier of what docs/specs describes, written from those pages alone.

It shares no code with `proofs/` and needs nothing but Python. Names of checks and codes are those
of the pages; each part says which of them it follows.
"""

import base64
import hashlib
import json
import re
import unicodedata
from datetime import datetime
from decimal import Decimal

MOST = 2**53 - 1
NO_BODY = hashlib.sha256(b"").digest()
EMPTY = bytes(32)


class Refused(Exception):
    """With the code of what is wrong."""


class Lacking(Exception):
    """What an earlier check should have found is not there."""


def want(condition: object, code: str = "PROOF_VALUE") -> None:
    if not condition:
        raise Refused(code)


def h(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


# record.md, Conventions and Values


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: object, size: int | None = None, code: str = "PROOF_VALUE") -> bytes:
    want(isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9_-]*", text) and len(text) % 4 != 1, code)
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    want(b64(data) == text and size in (None, len(data)), code)
    return data


def std64(text: str, code: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused(code) from None
    want(base64.b64encode(data).decode() == text, code)
    return data


def number(value: float) -> str:
    """As ECMAScript writes it: its digits are Python's, its places for the point are not."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + exponent
    if value == 0:
        return "0"
    if len(text) <= point <= 21:
        made = text.ljust(point, "0")
    elif 0 < point <= 21:
        made = f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        made = "0." + "0" * -point + text
    else:
        made = f"{text[0]}{'.' if text[1:] else ''}{text[1:]}e{point - 1:+d}"
    return "-" * sign + made


def utf16(text: str) -> bytes:
    return text.encode("utf-16-be")


def jcs_text(value: object) -> str:
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: utf16(member[0]))
        return "{%s}" % ",".join(f"{jcs_text(name)}:{jcs_text(one)}" for name, one in members)
    if isinstance(value, list):
        return "[%s]" % ",".join(map(jcs_text, value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(float(value))
    return json.dumps(value, ensure_ascii=False)


def jcs(value: object) -> bytes:
    return jcs_text(value).encode()


def exact(text: str) -> float | int:
    value = float(text)
    want(abs(value) != float("inf") and Decimal(text) == Decimal(number(value)), "PROOF_JSON_NUMBER")
    return int(value) if value == int(value) and abs(value) <= MOST else value


def once(pairs: list) -> dict:
    made = dict(pairs)
    want(len(made) == len(pairs), "PROOF_JSON_DUPLICATE")
    return made


def sound(value: object, depth: int = 1) -> None:
    if isinstance(value, str):
        want(not re.search("[\ud800-\udfff]", value), "PROOF_JSON_SURROGATE")
    elif isinstance(value, (dict, list)):
        want(depth <= 64, "PROOF_JSON_DEPTH")
        for one in value:
            sound(one, depth + 1)
        for one in value.values() if isinstance(value, dict) else ():
            sound(one, depth + 1)


def utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Refused("PROOF_ENCODING") from None


def read_json(text: str) -> object:
    def nothing(_: str) -> None:
        raise Refused("PROOF_JSON_SYNTAX")

    hooks = {"object_pairs_hook": once, "parse_constant": nothing}
    try:
        value = json.loads(text, parse_int=exact, parse_float=exact, **hooks)
    except RecursionError:
        raise Refused("PROOF_JSON_DEPTH") from None
    except ValueError:
        raise Refused("PROOF_JSON_SYNTAX") from None
    sound(value)
    return value


def read_jcs(data: bytes) -> object:
    text = utf8(data)
    value = read_json(text)
    want(jcs_text(value) == text, "PROOF_JSON_NOT_CANONICAL")
    return value


def members(value: object, *names: str) -> None:
    want(isinstance(value, dict) and set(value) == set(names), "PROOF_MEMBERS")


def whole(value: object, least: int = 0) -> bool:
    return type(value) is int and least <= value <= MOST


def matches(pattern: str, value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def ascending(keys: list) -> bool:
    return all(a < b for a, b in zip(keys, keys[1:]))


# log.md, Tree and Proofs


def split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def root(leaves: list[bytes]) -> bytes:
    if len(leaves) < 2:
        return leaves[0] if leaves else h()
    k = split(len(leaves))
    return h(b"\x01", root(leaves[:k]), root(leaves[k:]))


def batch_root(size: int, leaves: dict[int, bytes], hashes: list[bytes]) -> bytes:
    rest = iter(hashes)

    def of(start: int, end: int) -> bytes:
        if not any(start <= seq < end for seq in leaves):
            found = next(rest, None)
            want(found is not None, "PROOF_HASH_COUNT")
            return found
        if end - start == 1:
            return leaves[start]
        k = start + split(end - start)
        return h(b"\x01", of(start, k), of(k, end))

    made = of(0, size)
    want(next(rest, None) is None, "PROOF_HASH_COUNT")
    return made


def inclusion_root(index: int, size: int, leaf: bytes, path: list[bytes]) -> bytes:
    if size == 1:
        want(not path, "PROOF_PATH_LENGTH")
        return leaf
    want(path, "PROOF_PATH_LENGTH")
    k = split(size)
    if index < k:
        return h(b"\x01", inclusion_root(index, k, leaf, path[:-1]), path[-1])
    return h(b"\x01", path[-1], inclusion_root(index - k, size - k, leaf, path[:-1]))


def consistent(size1: int, root1: bytes, size2: int, root2: bytes, path: list[bytes]) -> None:
    want(0 < size1 <= size2 or size1 == size2, "PROOF_SIZES")
    if size1 == size2:
        want(not path, "PROOF_PATH_LENGTH")
        return want(root1 == root2, "PROOF_ROOT_MISMATCH")

    def of(m: int, n: int, path: list[bytes], begin: bool) -> tuple[bytes, bytes]:
        """The roots over the first m and over all n leaves."""
        if m == n and begin:
            want(not path, "PROOF_PATH_LENGTH")
            return root1, root1
        want(path, "PROOF_PATH_LENGTH")
        if m == n:
            want(len(path) == 1, "PROOF_PATH_LENGTH")
            return path[0], path[0]
        k = split(n)
        if m <= k:
            old, new = of(m, k, path[:-1], begin)
            return old, h(b"\x01", new, path[-1])
        old, new = of(m - k, n - k, path[:-1], False)
        return h(b"\x01", path[-1], old), h(b"\x01", path[-1], new)

    want(of(size1, size2, path, True) == (root1, root2), "PROOF_ROOT_MISMATCH")


# log.md, Signatures

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int, int, int]


def point_add(p: Point, q: Point) -> Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, k = b - a, d - c, d + c, b + a
    return e * f % P, g * k % P, f * g % P, e * k % P


def point_times(scalar: int, p: Point) -> Point:
    made = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            made = point_add(made, p)
        p, scalar = point_add(p, p), scalar >> 1
    return made


def point(data: bytes) -> Point | None:
    """Of its one encoding; none of small order."""
    y, sign = int.from_bytes(data, "little") & (1 << 255) - 1, data[31] >> 7
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - x2) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    found = (x, y, 1, x * y % P)
    return found if point_times(8, found)[0] else None


B_POINT = point(bytes.fromhex("58" + "66" * 31))
VERIFIED: dict[tuple, bool] = {}


def holds(key: bytes, message: bytes, signature: bytes) -> bool:
    asked = key, message, signature
    if asked not in VERIFIED:
        a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
        good = len(signature) == 64 and a is not None and r is not None and s < ORDER
        if good:
            k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little")
            left, right = point_times(s, B_POINT), point_add(r, point_times(k % ORDER, a))
            good = not any((left[i] * right[2] - right[i] * left[2]) % P for i in (0, 1))
        VERIFIED[asked] = good
    return VERIFIED[asked]


def thumbprint(x: str) -> str:
    return b64(h(jcs({"crv": "Ed25519", "kty": "OKP", "x": x})))


# log.md, Checkpoint; witness.md


class Note:
    def __init__(self, data: bytes) -> None:
        text = utf8(data)
        at = text.rfind("\n\n")
        want(at >= 0 and text.endswith("\n"), "PROOF_NOTE_SYNTAX")
        want(not re.search("[\x00-\x09\x0b-\x1f]", text), "PROOF_NOTE_SYNTAX")
        self.text, self.lines = text[: at + 1], []
        for line in text[at + 2 : -1].split("\n"):
            found = re.fullmatch(r"— ([^\s\x00-\x1f\x7f-\x9f+]+) (\S+)", line)
            want(found, "PROOF_NOTE_SYNTAX")
            data = std64(found[2], "PROOF_NOTE_SYNTAX")
            want(len(data) > 4, "PROOF_NOTE_SYNTAX")
            self.lines.append((found[1], data[:4], data[4:]))
        want(len(self.lines) <= 100, "PROOF_NOTE_SYNTAX")

    def by(self, name: str, key: bytes, kind: bytes = b"\x01") -> list[bytes]:
        short = h(name.encode(), b"\n", kind, key)[:4]
        return [signature for one, hint, signature in self.lines if (one, hint) == (name, short)]


class Checkpoint(Note):
    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        lines = self.text[:-1].split("\n")
        want(len(lines) >= 3 and lines[0], "PROOF_CHECKPOINT_SYNTAX")
        want(re.fullmatch("0|[1-9][0-9]{0,15}", lines[1]), "PROOF_CHECKPOINT_SYNTAX")
        self.origin, self.size = lines[0], int(lines[1])
        self.root = std64(lines[2], "PROOF_CHECKPOINT_SYNTAX")
        want(self.size <= MOST and len(self.root) == 32, "PROOF_CHECKPOINT_SYNTAX")
        want(len(lines) == 3, "PROOF_CHECKPOINT_EXTENSION")


def vkey(text: str, kind: bytes, code: str) -> tuple[str, bytes]:
    found = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+(\S+)", text)
    want(found, code)
    data = std64(found[3], code)
    want(len(data) == 33 and data[:1] == kind, code)
    want(h(found[1].encode(), b"\n", data)[:4].hex() == found[2], code)
    return found[1], data[1:]


class Policy:
    def __init__(self, text: str) -> None:
        bad = "PROOF_POLICY"
        want(text.endswith("\n") and not re.search("[\x00-\x08\x0b-\x1f\x7f]", text), bad)
        self.logs, self.witnesses, self.groups, self.quorum = [], {}, {}, None
        keys, members = set(), set()
        for line in text[:-1].split("\n"):
            words = re.split("[ \t]+", line.strip(" \t"))
            if words == [""] or words[0].startswith("#"):
                continue
            kind, rest = words[0], words[1:]
            if kind == "log" and len(rest) in (1, 2):
                self.logs.append(vkey(rest[0], b"\x01", bad))
                key = self.logs[-1]
            elif kind == "witness" and len(rest) in (2, 3):
                want(rest[0] != "none" and rest[0] not in self.names(), bad)
                key = self.witnesses[rest[0]] = vkey(rest[1], b"\x04", bad)
            elif kind == "group" and len(rest) >= 3:
                name, count, *inside = rest
                want(name != "none" and name not in self.names() and len(set(inside)) == len(inside), bad)
                want(all(one in self.names() and one not in members for one in inside), bad)
                want(re.fullmatch("all|any|[1-9][0-9]{0,3}", count), bad)
                k = {"all": len(inside), "any": 1}.get(count) or int(count)
                want(k <= len(inside), bad)
                members.update(inside)
                self.groups[name] = k, inside
                continue
            else:
                want(kind == "quorum" and len(rest) == 1 and self.quorum is None, bad)
                want(rest[0] == "none" or rest[0] in self.names(), bad)
                self.quorum = rest[0]
                continue
            want((kind, key[1]) not in keys, bad)
            keys.add((kind, key[1]))
        want(self.quorum and len(self.witnesses) <= 64, bad)

    def names(self) -> list[str]:
        return [*self.witnesses, *self.groups]

    def log_signed(self, note: Checkpoint) -> None:
        if self.logs:
            signed = [(key, note.by(name, key)) for name, key in self.logs if name == note.origin]
            want(any(lines for _, lines in signed), "PROOF_POLICY_LOG")
            for key, lines in signed:
                want(all(holds(key, note.text.encode(), line) for line in lines), "PROOF_NOTE_SIGNATURE")

    def cosigners(self, note: Note) -> dict[str, int]:
        """When each of them cosigned."""
        times: dict[str, list[int]] = {}
        for name, (signer, key) in self.witnesses.items():
            for line in note.by(signer, key, b"\x04"):
                time = int.from_bytes(line[:8], "big")
                want(len(line) == 72 and 0 < time <= MOST, "PROOF_COSIGNATURE")
                text = f"cosignature/v1\ntime {time}\n{note.text}".encode()
                want(holds(key, text, line[8:]), "PROOF_COSIGNATURE")
                times.setdefault(name, []).append(time)
        return {name: min(some) for name, some in times.items()}

    def met(self, cosigners: dict[str, int]) -> None:
        counted = set(cosigners)
        for name, (k, inside) in self.groups.items():
            if len(counted & set(inside)) >= k:
                counted.add(name)
        want(self.quorum in ("none", *counted), "PROOF_QUORUM")


# record.md, Sparse tree, Out-set and Body; state.md, In-set and Verifying a proof


def bit(key: bytes, depth: int) -> int:
    return key[depth // 8] >> (7 - depth % 8) & 1


def sparse_root(entries: dict[bytes, bytes], depth: int = 0) -> bytes:
    if len(entries) < 2:
        return h(b"\x02", *next(iter(entries.items()))) if entries else EMPTY
    halves = [{k: v for k, v in entries.items() if bit(k, depth) == side} for side in (0, 1)]
    return h(b"\x03", *(sparse_root(half, depth + 1) for half in halves))


def out_root(out: list) -> bytes:
    return sparse_root({h(jcs([rel, id])): h(jcs([rel, id, leaf])) for rel, id, leaf in out})


def in_root(shown: object) -> bytes:
    if isinstance(shown, str):
        return unb64(shown)
    return sparse_root({h(jcs([rel, id])): unb64(leaf) for rel, id, leaf in shown})


def state_value(leaf: bytes, design: object, run: object) -> bytes:
    return h(b"\x04", leaf, in_root(design), in_root(run))


def body_root(fields: list) -> bytes:
    want(ascending([utf16(field["name"]) for field in fields]), "PROOF_FIELD_ORDER")
    data = []
    for field in fields:
        c = field.get("c") or b64(h(jcs([field["salt"], field["value"]])))
        data.append(h(b"\x00", jcs(["selvedge/field/1", field["name"], c])))
    return root(data)


def sparse_verify(claims: list[tuple], shape: str, hashes: list[bytes], wanted: bytes) -> None:
    keys = {key for key, _ in claims}
    want(claims and len(keys) == len(claims), "PROOF_SPARSE_KEYS")
    want(all(len(key) == 32 for key in keys), "PROOF_SPARSE_KEYS")
    want(all(len(one) == 32 for one in hashes), "PROOF_HASH_LENGTH")
    signs, rest = iter(shape), iter(hashes)

    def take() -> bytes:
        found = next(rest, None)
        want(found is not None, "PROOF_HASH_COUNT")
        return found

    def place(here: list[tuple], depth: int) -> tuple[str, bytes]:
        sign = next(signs, None)
        present = [claim for claim in here if claim[1] is not None]
        if sign in ("e", "o"):
            want(not present, "PROOF_SPARSE_CLAIM")
        if sign == "e":
            return "empty", EMPTY
        if sign == "o":
            key, value = take(), take()
            want(key not in keys, "PROOF_SPARSE_CLAIM")
            want(all(bit(key, i) == bit(here[0][0], i) for i in range(depth)), "PROOF_SPARSE_SHAPE")
            return "leaf", h(b"\x02", key, value)
        if sign == "l":
            want(len(present) == 1, "PROOF_SPARSE_CLAIM")
            return "leaf", h(b"\x02", *present[0])
        want(sign == "i" and depth < 256, "PROOF_SPARSE_SHAPE")
        sides = [[claim for claim in here if bit(claim[0], depth) == side] for side in (0, 1)]
        halves = [place(side, depth + 1) if side else None for side in sides]
        if None in halves:
            if (halves[0] or halves[1])[0] == "empty":
                parts = take(), take()
                want(parts != (EMPTY, EMPTY), "PROOF_SPARSE_SHAPE")
                other = "inner", h(b"\x03", *parts)
            else:
                found = take()
                other = ("empty" if found == EMPTY else "unknown"), found
            halves[halves.index(None)] = other
        kinds = {kind for kind, _ in halves}
        want(kinds not in ({"empty"}, {"empty", "leaf"}), "PROOF_SPARSE_SHAPE")
        return "inner", h(b"\x03", halves[0][1], halves[1][1])

    _, made = place(sorted(claims, key=lambda claim: claim[0]), 0)
    want(next(signs, None) is None, "PROOF_SPARSE_SHAPE")
    want(next(rest, None) is None, "PROOF_HASH_COUNT")
    want(made == wanted, "PROOF_ROOT_MISMATCH")


# record.md, Leaves and Verifying a leaf

TENANT = "[a-z0-9][a-z0-9-]{0,62}"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
LEVEL = dict.fromkeys(
    "USED WAS_GENERATED_BY WAS_DERIVED_FROM PART_OF WAS_ATTRIBUTED_TO FROM_SOURCE LICENSED_UNDER "
    "HAS_CLAUSE ASSESSED_BY DESCRIBED_BY TRAINED_ON PREDICTED_BY EXPLAINS METERS BASED_ON".split(),
    "design",
)
LEVEL |= dict.fromkeys("RUN_OF RUN_USED RUN_GENERATED CHILD_OF".split(), "run")
LEVEL["ALIAS_OF"] = "administrative"

MEMBERS = {
    "record": "kind id version action actor links unlinks out body",
    "state": "size root",
    "key": "event use kid x from prev sigs",
    "epoch": "origin prevOrigin prevSize prevRoot keptSize",
}


def is_id(value: object, kind: str = "[a-z][a-z0-9]{0,62}") -> bool:
    found = re.fullmatch(f"urn:selvedge:{kind}:(?:{UUID}|h:([A-Za-z0-9_-]{{43}}))", str(value))
    if found and found[1]:
        unb64(found[1], 32)
    return isinstance(value, str) and found is not None


def is_time(value: object) -> bool:
    try:
        datetime.strptime(value[:19], "%Y-%m-%dT%H:%M:%S")
    except (TypeError, ValueError):
        return False
    return matches(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d\.\d{3}Z", value)


def is_origin(value: object) -> bool:
    named = matches(r"[^\s\x00-\x1f\x7f-\x9f+]{1,255}", value)
    return named and unicodedata.is_normalized("NFC", value)


def edge_key(edge: dict) -> tuple[bytes, bytes]:
    return utf16(edge["rel"]), utf16(edge["id"])


def record_leaf(leaf: dict) -> None:
    want(matches("[A-Z][A-Za-z0-9]{0,62}", leaf["kind"]) and is_id(leaf["id"], leaf["kind"].lower()))
    want(whole(leaf["version"], 1) and leaf["action"] in ("assert", "retire", "erase"))
    want(matches("p_[A-Za-z0-9_-]{22}", leaf["actor"]) and unb64(leaf["actor"][2:], 16))
    out, body = unb64(leaf["out"], 32), unb64(leaf["body"], 32)
    links, unlinks, action = leaf["links"], leaf["unlinks"], leaf["action"]
    for edges, names in ((links, ("rel", "id", "leaf")), (unlinks, ("rel", "id"))):
        want(isinstance(edges, list))
        for edge in edges:
            members(edge, *names)
            want(matches("[A-Z][A-Z_]{0,62}", edge["rel"]) and is_id(edge["id"]))
            want(edge.get("leaf") is None or unb64(edge["leaf"], 32))
    targets = leaf.get("targets", [])
    want(isinstance(targets, list) and all(map(whole, targets)))
    want(leaf["seq"] > 1 and (leaf["seq"] > 2 or leaf["kind"] == "Tenant"), "PROOF_LEAF_SEQ")
    ordered = all(ascending(list(map(edge_key, edges))) for edges in (links, unlinks))
    both = {edge_key(edge) for edge in links + unlinks}
    want(ordered and len(both) == len(links) + len(unlinks) <= 300, "PROOF_LEAF_LINKS")
    ends = all((link["leaf"] is None) == (link["id"] == leaf["id"]) for link in links)
    want(ends and not (leaf["version"] == 1 and unlinks), "PROOF_LEAF_LINKS")
    want(leaf["version"] > 1 or action == "assert", "PROOF_LEAF_ACTION")
    if action == "retire":
        alias = len(links) == 1 and links[0]["rel"] == "ALIAS_OF" and links[0]["id"] != leaf["id"]
        want(body == NO_BODY and not unlinks and (not links or alias), "PROOF_LEAF_ACTION")
    if action == "erase":
        want(not links and not unlinks, "PROOF_LEAF_ACTION")
        want(1 <= len(targets) <= 3000 and ascending(targets), "PROOF_LEAF_TARGETS")
        want(targets[-1] < leaf["seq"], "PROOF_LEAF_TARGETS")


def record_out(leaf: dict) -> None:
    if leaf["version"] == 1 or leaf["action"] == "retire":
        links = [[link["rel"], link["id"], link["leaf"]] for link in leaf["links"]]
        want(b64(out_root(links)) == leaf["out"], "PROOF_LEAF_OUT")


def state_leaf(leaf: dict) -> None:
    want(whole(leaf["size"]) and unb64(leaf["root"], 32))
    want(leaf["size"] == leaf["seq"] > 2, "PROOF_LEAF_SEQ")


def key_leaf(leaf: dict) -> None:
    want(leaf["event"] in ("add", "retire", "compromise") and leaf["use"] in ("checkpoint", "manifest"))
    want(unb64(leaf["x"], 32) and unb64(leaf["kid"], 32) and whole(leaf["from"]))
    want(leaf["prev"] is None or unb64(leaf["prev"], 32))
    want(isinstance(leaf["sigs"], list) and all(s is None or unb64(s, 64) for s in leaf["sigs"]))
    seq, adds, due = leaf["seq"], leaf["event"] == "add", [s is not None for s in leaf["sigs"]]
    if seq < 2:
        first = adds and leaf["use"] == ("checkpoint", "manifest")[seq] and leaf["prev"] is None
        want(first and leaf["from"] == 0 and due == [False, True], "PROOF_LEAF_KEY")
    else:
        want(seq > 2 and leaf["prev"] not in (None, leaf["kid"]) and due == [True, adds], "PROOF_LEAF_KEY")
        want(not adds or leaf["from"] > seq + 1, "PROOF_LEAF_KEY")


def key_signed(leaf: dict, key: bytes, place: int) -> None:
    text = jcs({name: value for name, value in leaf.items() if name != "sigs"})
    good = holds(key, b"selvedge/key/1\n" + text, unb64(leaf["sigs"][place], 64))
    want(good, "PROOF_KEY_SIGNATURE")


def key_self(leaf: dict) -> None:
    want(leaf["kid"] == thumbprint(leaf["x"]), "PROOF_KEY_ID")
    if leaf["event"] == "add":
        key_signed(leaf, unb64(leaf["x"]), 1)


def epoch_number(origin: str, log: str) -> int | None:
    rest = origin.removeprefix(log)
    if rest == "":
        return 0
    return int(rest[1:]) if re.fullmatch("/[1-9][0-9]{0,8}", rest) else None


def epoch_leaf(leaf: dict) -> None:
    want(is_origin(leaf["origin"]) and is_origin(leaf["prevOrigin"]))
    want(whole(leaf["prevSize"]) and whole(leaf["keptSize"]) and unb64(leaf["prevRoot"], 32))
    log, _, _ = leaf["origin"].rpartition("/")
    now, before = epoch_number(leaf["origin"], log), epoch_number(leaf["prevOrigin"], log)
    good = log.endswith("/" + leaf["tenant"]) and now and before is not None and before < now
    want(good and leaf["keptSize"] == leaf["seq"] <= leaf["prevSize"], "PROOF_LEAF_EPOCH")


FORMS = {"record": record_leaf, "state": state_leaf, "key": key_leaf, "epoch": epoch_leaf}


def leaf_form(leaf: object) -> None:
    """Steps 3 to 5."""
    want(isinstance(leaf, dict), "PROOF_MEMBERS")
    found = re.fullmatch("selvedge/([a-z]+)/1", str(leaf.get("v")))
    want(found and found[1] in FORMS, "PROOF_LEAF_UNKNOWN")
    targets = ["targets"] if leaf.get("action") == "erase" and found[1] == "record" else []
    members(leaf, "v", "tenant", "seq", "at", *MEMBERS[found[1]].split(), *targets)
    want(matches(TENANT, leaf["tenant"]) and whole(leaf["seq"]) and is_time(leaf["at"]))
    FORMS[found[1]](leaf)


def is_leaf(value: dict, kind: str) -> bool:
    return isinstance(value, dict) and value.get("v") == f"selvedge/{kind}/1"


def leaf_sound(leaf: object) -> bytes:
    """All steps; of a key record, the signature by `prev` is left aside."""
    want(len(jcs(leaf)) <= 65535, "PROOF_LEAF_TOO_LARGE")
    leaf_form(leaf)
    if is_leaf(leaf, "record"):
        record_out(leaf)
    if is_leaf(leaf, "key"):
        key_self(leaf)
    return h(b"\x00", jcs(leaf))


def leaf_text(data: bytes) -> dict:
    want(len(data) <= 65535, "PROOF_LEAF_TOO_LARGE")
    leaf = read_jcs(data)
    leaf_form(leaf)
    return leaf
