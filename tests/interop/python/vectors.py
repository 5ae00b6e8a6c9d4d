"""Reads docs/specs/vectors by what docs/specs says, with nothing but Python's standard library.

A second implementation of the arithmetic that a verifier needs: trees, batch proofs, sparse proofs,
out-sets and bodies. Prints, as JSON, how much it looked at and where it disagrees with the vectors.
"""

import base64
import hashlib
import json
import sys
from decimal import Decimal
from pathlib import Path

EMPTY = bytes(32)


class Refused(Exception):
    """With the code of what is wrong."""


def h(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64(data) != text:
        raise Refused("PROOF_ENCODING")
    return data


def number(value: float) -> str:
    """As ECMAScript writes it: its digits are Python's, its places for the point are not."""
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + exponent
    if value == 0:
        made = "0"
    elif len(text) <= point <= 21:
        made = text.ljust(point, "0")
    elif 0 < point <= 21:
        made = f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        made = "0." + "0" * -point + text
    else:
        made = f"{text[0]}{'.' if text[1:] else ''}{text[1:]}e{point - 1:+d}"
    return "-" * sign + made


def jcs_text(value: object) -> str:
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{%s}" % ",".join(f"{jcs_text(name)}:{jcs_text(one)}" for name, one in members)
    if isinstance(value, list):
        return "[%s]" % ",".join(map(jcs_text, value))
    if isinstance(value, float):
        return number(value)
    return json.dumps(value, ensure_ascii=False)


def jcs(value: object) -> bytes:
    """RFC 8785."""
    return jcs_text(value).encode()


# log.md: tree and batch proof


def split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return h()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return h(b"\x01", root(leaves[:k]), root(leaves[k:]))


def batch_root(size: int, leaves: dict[int, bytes], hashes: list[bytes]) -> bytes:
    rest = iter(hashes)

    def of(start: int, end: int) -> bytes:
        listed = [seq for seq in leaves if start <= seq < end]
        if not listed:
            found = next(rest, None)
            if found is None:
                raise Refused("PROOF_HASH_COUNT")
            return found
        if end - start == 1:
            return leaves[start]
        k = start + split(end - start)
        return h(b"\x01", of(start, k), of(k, end))

    made = of(0, size)
    if next(rest, None) is not None:
        raise Refused("PROOF_HASH_COUNT")
    return made


# record.md: sparse tree, out-set, body


def bit(key: bytes, depth: int) -> int:
    return key[depth // 8] >> (7 - depth % 8) & 1


def sparse_root(entries: dict[bytes, bytes], depth: int = 0) -> bytes:
    if not entries:
        return EMPTY
    if len(entries) == 1:
        [(key, value)] = entries.items()
        return h(b"\x02", key, value)
    halves = [{k: v for k, v in entries.items() if bit(k, depth) == side} for side in (0, 1)]
    return h(b"\x03", *(sparse_root(half, depth + 1) for half in halves))


def out_root(out: list) -> bytes:
    return sparse_root({h(jcs([rel, id])): h(jcs([rel, id, leaf])) for rel, id, leaf in out})


def in_root(shown: object) -> bytes:
    if isinstance(shown, str):
        return unb64(shown)
    return sparse_root({h(jcs([rel, id])): unb64(leaf) for rel, id, leaf in shown})


def body_root(fields: list) -> bytes:
    names = [field["name"].encode("utf-16-be") for field in fields]
    if names != sorted(set(names)):
        raise Refused("PROOF_FIELD_ORDER")
    data = []
    for field in fields:
        c = field.get("c") or b64(h(jcs([field["salt"], field["value"]])))
        data.append(h(b"\x00", jcs(["selvedge/field/1", field["name"], c])))
    return root(data)


# state.md: verifying a proof


def sparse_verify(claims: list[tuple], shape: str, hashes: list[bytes], wanted: bytes) -> None:
    keys = {key for key, _ in claims}
    if not claims or len(keys) != len(claims) or any(len(key) != 32 for key in keys):
        raise Refused("PROOF_SPARSE_KEYS")
    if any(len(one) != 32 for one in hashes):
        raise Refused("PROOF_HASH_LENGTH")
    signs, rest = iter(shape), iter(hashes)

    def take() -> bytes:
        found = next(rest, None)
        if found is None:
            raise Refused("PROOF_HASH_COUNT")
        return found

    def place(here: list[tuple], depth: int) -> tuple[str, bytes]:
        sign = next(signs, None)
        present = [claim for claim in here if claim[1] is not None]
        if sign in ("e", "o") and present:
            raise Refused("PROOF_SPARSE_CLAIM")
        if sign == "e":
            return "empty", EMPTY
        if sign == "o":
            key, value = take(), take()
            if key in keys:
                raise Refused("PROOF_SPARSE_CLAIM")
            if any(bit(key, i) != bit(here[0][0], i) for i in range(depth)):
                raise Refused("PROOF_SPARSE_SHAPE")
            return "leaf", h(b"\x02", key, value)
        if sign == "l":
            if len(present) != 1:
                raise Refused("PROOF_SPARSE_CLAIM")
            return "leaf", h(b"\x02", *present[0])
        if sign != "i" or depth == 256:
            raise Refused("PROOF_SPARSE_SHAPE")
        sides = [[claim for claim in here if bit(claim[0], depth) == side] for side in (0, 1)]
        halves = [place(side, depth + 1) if side else None for side in sides]
        if None in halves:
            entered = halves[0] or halves[1]
            if entered[0] == "empty":
                parts = take(), take()
                if parts == (EMPTY, EMPTY):
                    raise Refused("PROOF_SPARSE_SHAPE")
                other = "inner", h(b"\x03", *parts)
            else:
                found = take()
                other = ("empty" if found == EMPTY else "unknown"), found
            halves[halves.index(None)] = other
        if {kind for kind, _ in halves} in ({"empty"}, {"empty", "leaf"}):
            raise Refused("PROOF_SPARSE_SHAPE")
        return "inner", h(b"\x03", halves[0][1], halves[1][1])

    _, made = place(sorted(claims, key=lambda claim: claim[0]), 0)
    if next(signs, None) is not None:
        raise Refused("PROOF_SPARSE_SHAPE")
    if next(rest, None) is not None:
        raise Refused("PROOF_HASH_COUNT")
    if made != wanted:
        raise Refused("PROOF_ROOT_MISMATCH")


# bundle.md: some of its checks


class Bundle:
    """The entries of a bundle, read without asking whether they are in their one form."""

    def __init__(self, entries: dict[str, str]) -> None:
        self.files = {path: text.encode() for path, text in entries.items()}
        self.manifest = json.loads(entries["manifest.json"])
        lines = lambda path: [json.loads(line) for line in entries.get(path, "").splitlines()]
        self.records = lines("records.ndjson")
        self.erasures = lines("erasures.ndjson")
        self.keys = json.loads(entries.get("keys.json", '{"keys":[]}'))["keys"]
        self.proof = json.loads(entries["proof.json"])
        self.state = self.proof.get("state")
        self.checkpoint = entries["checkpoint"].split("\n")

    def subject_digests(self) -> None:
        for subject in self.manifest["subject"]:
            if hashlib.sha256(self.files[subject["name"]]).hexdigest() != subject["digest"]["sha256"]:
                raise Refused("PROOF_ENTRY_DIGEST")

    def stitch_root(self) -> None:
        leaves = []
        for subject in self.manifest["subject"]:
            file = self.files[subject["name"]]
            entry = ["selvedge/entry/1", subject["name"], len(file), hashlib.sha256(file).hexdigest()]
            leaves.append(h(b"\x00", jcs(entry)))
        if b64(root(leaves)) != self.manifest["predicate"]["stitch"]:
            raise Refused("PROOF_STITCH")

    def proof_inclusion(self) -> None:
        headers = [record["header"] for record in self.records] + self.keys + self.erasures
        if self.state:
            headers += [leaf for leaf in (self.state["leaf"], self.state["last"]) if leaf]
        hashes = sorted((header["seq"], h(b"\x00", jcs(header))) for header in headers)
        # The proof's own places: whether they are the headers' is another check.
        leaves = dict(zip(self.proof["seqs"], dict(hashes).values()))
        made = batch_root(self.proof["size"], leaves, [unb64(one) for one in self.proof["hashes"]])
        if made != base64.b64decode(self.checkpoint[2]):
            raise Refused("PROOF_ROOT_MISMATCH")

    def out_sets(self) -> None:
        for record in self.records:
            if record["out"] is not None and b64(out_root(record["out"])) != record["header"]["out"]:
                raise Refused("PROOF_OUT_SET")

    def bodies(self) -> None:
        for record in self.records:
            fields = record["fields"]
            if fields is not None and b64(body_root(fields)) != record["header"]["body"]:
                raise Refused("PROOF_BODY")

    def state_current(self) -> None:
        if not self.state:
            return
        leaves = {one["header"]["id"]: h(b"\x00", jcs(one["header"])) for one in self.records}
        claims = []
        for entity in self.state["entities"]:
            if entity["id"] in leaves:
                roots = in_root(entity["design"]), in_root(entity["run"])
                claims.append((h(entity["id"].encode()), h(b"\x04", leaves[entity["id"]], *roots)))
        hashes = [unb64(one) for one in self.state["hashes"]]
        sparse_verify(claims, self.state["shape"], hashes, unb64(self.state["leaf"]["root"]))


CHECKS = {
    "subject-digests": Bundle.subject_digests,
    "stitch-root": Bundle.stitch_root,
    "proof-inclusion": Bundle.proof_inclusion,
    "out-sets": Bundle.out_sets,
    "bodies": Bundle.bodies,
    "state-current": Bundle.state_current,
}
READ_BY_US = ("-form", "entry-list", "proof-positions")


def code_of(work) -> str | None:
    try:
        work()
        return None
    except Refused as refusal:
        return refusal.args[0]


def main(folder: Path) -> dict:
    looked, wrong = 0, []

    def compare(what: str, found: object, wanted: object) -> None:
        nonlocal looked
        looked += 1
        if found != wanted:
            wrong.append(f"{what}: {found}, and not {wanted}")

    def read(name: str):
        return json.loads((folder / name).read_text())

    record, log, state, bundles = map(read, ("record.json", "log.json", "state.json", "bundles.json"))
    for leaf, known in zip(record["leaves"], log["leaves"]):
        compare("leaf", b64(h(b"\x00", leaf["entry"].encode())), leaf["leaf"])
        compare("leaf of the log", leaf["leaf"], known)
        header = json.loads(leaf["entry"])
        if header["v"] == "selvedge/record/1":
            out = [[link["rel"], link["id"], link["leaf"]] for link in leaf["out"]]
            compare("out", b64(out_root(out)), header["out"])
    hashes = [unb64(leaf) for leaf in log["leaves"]]
    for size, known in enumerate(log["roots"]):
        compare(f"root of {size}", b64(root(hashes[:size])), known)
    for one in state["proofs"]:
        claims = [(unb64(c["key"]), c["value"] and unb64(c["value"])) for c in one["claims"]]
        proof = [unb64(each) for each in one["proof"]["hashes"]]
        work = lambda: sparse_verify(claims, one["proof"]["shape"], proof, unb64(one["root"]))
        compare(one["what"], code_of(work), one.get("code"))
    for one in bundles["good"] + bundles["bad"]:
        failed = dict(one["expected"]["failed"])
        # What is not in its form is for a reader of forms to refuse.
        if "entries" not in one or any(check.endswith(READ_BY_US) for check in failed):
            continue
        bundle = Bundle({path: bundles["texts"][i] for path, i in one["entries"].items()})
        for check, work in CHECKS.items():
            compare(f"{one['what']}, {check}", code_of(lambda: work(bundle)), failed.get(check))
    return {"looked": looked, "wrong": wrong}


json.dump(main(Path(sys.argv[1])), sys.stdout)
