"""Verifies bundles, files of them alone, proofs of states and of leaves, and whole logs.

By bundle.md, keys.md, entry.md, state.md, terms.md and log.md.
"""

import base64
import re
import struct
import sys
import unicodedata
import zlib
from pathlib import Path

from terms import Terms, terms_form
from values import *

# bundle.md, Container and the forms of the parts

PATH = r"[a-z0-9._-]+(/[a-z0-9._-]+)*"


def is_path(value: object) -> bool:
    dots = matches(PATH, value) and {".", ".."} & set(value.split("/"))
    return matches(PATH, value) and len(value) <= 200 and not dots


def write_zip(entries: list[tuple[str, bytes]]) -> bytes:
    local, central = b"", b""
    for path, data in entries:
        crc, size, name = zlib.crc32(data), len(data), path.encode()
        same = struct.pack("<HHHHHIIIHH", 20, 0x800, 0, 0, 0x21, crc, size, size, len(name), 0)
        central += b"PK\1\2" + struct.pack("<H", 20) + same
        central += struct.pack("<HHHII", 0, 0, 0, 0, len(local)) + name
        local += b"PK\3\4" + same + name + data
    n = len(entries)
    end = struct.pack("<HHHHIIH", 0, 0, n, n, len(central), len(local), 0)
    return local + central + b"PK\5\6" + end


def read_zip(file: bytes) -> dict[str, bytes]:
    want(file[:4] == b"PK\3\4" or file[-22:-18] == b"PK\5\6", "PROOF_ZIP_NOT_ONE")
    want(len(file) < 2**31, "PROOF_ZIP_LIMIT")
    entries, at = [], 0
    while file[at : at + 4] == b"PK\3\4":
        want(len(file) >= at + 30, "PROOF_ZIP_FORM")
        size, length = struct.unpack("<22xI", file[at : at + 26])[0], file[at + 26] + 256 * file[at + 27]
        start = at + 30 + length
        path, at = file[at + 30 : start].decode("latin1"), start + size
        want(at <= len(file), "PROOF_ZIP_FORM")
        want(is_path(path), "PROOF_ZIP_PATH")
        entries.append((path, file[start:at]))
    want(len(entries) <= 65534, "PROOF_ZIP_LIMIT")
    want(ascending([path for path, _ in entries]), "PROOF_ZIP_PATH")
    want(write_zip(entries) == file, "PROOF_ZIP_FORM")
    return dict(entries)


def patterns_form(patterns: object) -> None:
    want(isinstance(patterns, list) and all(isinstance(one, str) for one in patterns))
    want(1 <= len(patterns) <= 64 and ascending(list(map(utf16, patterns))), "PROOF_WITHHOLD")
    want(all(1 <= len(utf16(one)) // 2 <= 256 for one in patterns), "PROOF_WITHHOLD")


def withheld(patterns: list[str], kind: str, names: list[str]) -> list[str]:
    def meets(pattern: str, name: str) -> bool:
        found = re.match(r"([A-Z][A-Za-z0-9]*)\.", pattern)
        if found and found[1] != kind:
            return False
        field = pattern[found.end() :] if found else pattern
        facet = re.match("facet:[^:]*:", name)
        wild = ".*".join(map(re.escape, field.split("*")))
        tails = [name, name[facet.end() :]] if facet else [name]
        return any(re.fullmatch(wild, tail, re.S) for tail in tails)

    met = [name for name in names if any(meets(pattern, name) for pattern in patterns)]
    rest = [name for name in ("numbersAsText", "times") if met and name in names]
    return sorted({*met, *rest}, key=utf16)


def is_name(value: object) -> bool:
    return isinstance(value, str) and value != "" and unicodedata.is_normalized("NFC", value)


def manifest_form(data: bytes) -> dict:
    manifest = read_jcs(data)
    members(manifest, "_type", "predicate", "predicateType", "subject")
    predicate, subject = manifest["predicate"], manifest["subject"]
    names = "v tenant origin question asOf stateSize size records stitch".split()
    more = ["withhold"] if isinstance(predicate, dict) and "withhold" in predicate else []
    members(predicate, *names, *more)
    members(predicate["question"], "root", "direction", "depth")
    want(isinstance(subject, list))
    for one in subject:
        members(one, "name", "digest")
        members(one["digest"], "sha256")
        want(is_name(one["name"]) and matches("[0-9a-f]{64}", one["digest"]["sha256"]))
    want(manifest["_type"] == "https://in-toto.io/Statement/v1")
    want(predicate["v"] in ("selvedge/bundle/1", "selvedge/bundle/2"))
    form = predicate["v"][-1]
    want(manifest["predicateType"] == f"urn:selvedge:predicate:bundle:{form}")
    want(matches(TENANT, predicate["tenant"]))
    want(is_name(predicate["origin"]) and unb64(predicate["stitch"], 32))
    want(all(whole(predicate[name]) for name in ("asOf", "size", "records")))
    want(predicate["stateSize"] is None or whole(predicate["stateSize"]))
    question = predicate["question"]
    want(is_id(question["root"]) and question["direction"] in ("UPSTREAM", "DOWNSTREAM", "BOTH"))
    want(whole(question["depth"]))
    if more:
        patterns_form(predicate["withhold"])
    paths = [one["name"] for one in subject]
    want(all(map(is_path, paths)) and ascending(paths), "PROOF_MANIFEST")
    want({"checkpoint", "proof.json", "records.ndjson"} <= set(paths), "PROOF_MANIFEST")
    want(not {"manifest.json", "manifest.jws"} & set(paths), "PROOF_MANIFEST")
    want(form == "1" or "terms.json" in paths, "PROOF_MANIFEST")
    return manifest


def jws_form(text: str) -> dict:
    parts = text.split(".")
    want(len(parts) == 3, "PROOF_JWS")
    header, payload, signature = (unb64(part, None, "PROOF_ENCODING") for part in parts)
    one_header = rb'\{"alg":"EdDSA","kid":"([A-Za-z0-9_-]{43})","typ":"selvedge-manifest\+jws"\}'
    found = re.fullmatch(one_header, header)
    want(found, "PROOF_JWS_HEADER")
    want(len(signature) == 64, "PROOF_JWS")
    signed = f"{parts[0]}.{parts[1]}".encode()
    return {"kid": found[1].decode(), "payload": payload, "signed": signed, "signature": signature}


def stitch_leaf(path: str, data: bytes) -> bytes:
    return h(b"\x00", jcs(["selvedge/entry/1", path, len(data), h(data).hex()]))


def edges_form(edges: object, leafless: bool, code: str) -> None:
    want(isinstance(edges, list))
    for edge in edges:
        want(isinstance(edge, list) and len(edge) == 3, "PROOF_MEMBERS")
        want(matches("[A-Z][A-Z_]{0,62}", edge[0]) and is_id(edge[1]))
        want(unb64(edge[2], 32) if edge[2] is not None else leafless)
    want(ascending([(utf16(rel), utf16(id)) for rel, id, _ in edges]), code)


def lines(data: bytes, code: str) -> list:
    want(data.endswith(b"\n"), code)
    return [read_jcs(line) for line in data.split(b"\n")[:-1]]


def records_form(data: bytes) -> list:
    records = lines(data, "PROOF_RECORDS")
    for record in records:
        members(record, "fields", "header", "out")
        record["leaf"] = leaf_sound(record["header"])
        want(is_leaf(record["header"], "record"), "PROOF_RECORDS")
        if record["out"] is not None:
            edges_form(record["out"], True, "PROOF_RECORDS")
        want(record["fields"] is None or isinstance(record["fields"], list))
        for field in record["fields"] or []:
            members(field, *(("c", "name") if "c" in (field or {}) else ("name", "salt", "value")))
            want(isinstance(field["name"], str) and unb64(field.get("c", field.get("salt")), 32))
    want(ascending([record["header"]["seq"] for record in records]), "PROOF_RECORDS")
    return records


def leaves_form(leaves: object, kind: str, code: str) -> list:
    want(isinstance(leaves, list))
    for leaf in leaves:
        leaf_sound(leaf)
        want(is_leaf(leaf, kind), code)
    want(ascending([leaf["seq"] for leaf in leaves]), code)
    return leaves


def batch_form(proof: dict) -> None:
    want(whole(proof["size"]) and isinstance(proof["seqs"], list) and all(map(whole, proof["seqs"])))
    want(isinstance(proof["hashes"], list) and all(unb64(one, 32) for one in proof["hashes"]))
    want(ascending([*proof["seqs"], proof["size"]]), "PROOF_SEQS")


def state_form(state: object) -> None:
    members(state, "entities", "hashes", "last", "leaf", "shape")
    want(isinstance(state["entities"], list) and isinstance(state["hashes"], list))
    want(matches("[elio]+", state["shape"]) and all(unb64(one, 32) for one in state["hashes"]))
    leaves_form([state["leaf"]], "state", "PROOF_STATE_FORM")
    leaves_form([state["last"]] if state["last"] is not None else [], "state", "PROOF_STATE_FORM")


def in_sets_form(entity: dict) -> None:
    for level in ("design", "run"):
        if isinstance(entity[level], str):
            unb64(entity[level], 32)
        else:
            edges_form(entity[level], False, "PROOF_STATE_FORM")
            here = ("design", "administrative") if level == "design" else ("run",)
            want(all(LEVEL.get(rel) in here for rel, _, _ in entity[level]), "PROOF_STATE_FORM")


def read_trust(text: str) -> dict:
    trust, bad = read_json(text), "PROOF_TRUST"
    members(trust, "v", "logs", "witnessPolicy", "replayers")
    want(trust["v"] == "selvedge/trust/1" and isinstance(trust["logs"], list))
    for log in trust["logs"]:
        members(log, "origin", "keys", "anchors")
        want(is_name(log["origin"]) and isinstance(log["keys"], list) and isinstance(log["anchors"], list))
        for key in log["keys"]:
            members(key, "compromised", "from", "kid", "until", "use", "x")
            want(whole(key["from"]) and (key["until"] is None or whole(key["until"])))
            want(key["use"] in ("checkpoint", "manifest") and isinstance(key["compromised"], bool))
            want(unb64(key["x"], 32) and key["kid"] == thumbprint(key["x"]), bad)
            want(key["until"] is None or key["until"] > key["from"], bad)
        for anchor in log["anchors"]:
            members(anchor, "size", "root")
            want(whole(anchor["size"]) and unb64(anchor["root"], 32))
        want(len({(key["use"], key["kid"]) for key in log["keys"]}) == len(log["keys"]), bad)
    want(len({log["origin"] for log in trust["logs"]}) == len(trust["logs"]), bad)
    want(isinstance(trust["replayers"], list) and all(map(is_name, trust["replayers"])))
    want(isinstance(trust["witnessPolicy"], str))
    if trust["witnessPolicy"]:
        Policy(trust["witnessPolicy"])
    trust["replayers"] = [vkey(one, b"\x01", "PROOF_NOTE_KEY") for one in trust["replayers"]]
    return trust


# keys.md


class Keys:
    """The keys of one log, for both uses, as trust root and proven key records have them."""

    def __init__(self, listed: list, records: list) -> None:
        self.keys = {}
        for key in listed:
            self.keys[key["use"], key["kid"]] = {**key, "listed": True, "counts": True}
        at_hand = {key["kid"]: unb64(key["x"]) for key in [*listed, *records]}
        lost = {(one["use"], one["kid"]) for one in records if one["event"] == "compromise"}
        ends: dict[tuple, int] = {}
        for one in records:
            if one["event"] != "add":
                name = one["use"], one["kid"]
                ends[name] = min(one["from"], ends.get(name, one["from"]))
        for one in records:
            name, before = (one["use"], one["kid"]), self.keys.get((one["use"], one["prev"]))
            if one["prev"] in at_hand:
                key_signed(one, at_hand[one["prev"]], 0)
            if one["event"] == "add" and name not in self.keys:
                leads = before and before["counts"] and not before["compromised"]
                leads = leads and (one["use"], one["prev"]) not in lost
                leads = leads and not (before["listed"] and before["until"] is not None)
                leads = leads and before["from"] <= one["seq"]
                leads = leads and (before["until"] is None or one["seq"] < before["until"])
                self.keys[name] = {"x": one["x"], "from": one["from"], "until": ends.get(name)}
                self.keys[name] |= {"compromised": name in lost, "listed": False, "counts": bool(leads)}

    def standing(self, use: str, kid: str, size: int, vouched=lambda until: False) -> dict:
        key = self.keys.get((use, kid))
        want(key, "PROOF_TRUST_KEY_UNLISTED")
        want(key["counts"], "PROOF_KEY_CHAIN")
        want(size >= key["from"], "PROOF_TRUST_KEY_SIZE")
        if key["compromised"]:
            want(vouched(key["until"]), "PROOF_TRUST_KEY_COMPROMISED")
        else:
            want(key["until"] is None or size < key["until"], "PROOF_TRUST_KEY_RETIRED")
        return key


class Report:
    """Runs checks by name. What one finds is an attribute here; who lacks it is not evaluated."""

    def __init__(self) -> None:
        self.results: dict[str, str | None] = {}

    def __getattr__(self, name: str):
        raise Lacking(name)

    def run(self, **works) -> None:
        for name, work in works.items():
            name = name.replace("_", "-")
            try:
                work()
                self.results[name] = "pass"
            except Lacking:
                self.results[name] = "not evaluated"
            except Refused as refusal:
                self.results[name] = refusal.args[0]

    def failed(self) -> dict[str, str]:
        return {name: r for name, r in self.results.items() if r not in ("pass", "not evaluated")}

    def line(self, names) -> str:
        results = {self.results.get(name, "pass") for name in names}
        if results - {"pass", "not evaluated"}:
            return "fail"
        return "not evaluated" if "not evaluated" in results else "pass"

    # Who signed: bundle.md, Authenticity and Witnesses

    def origin_listed(self) -> None:
        origin = self.origin
        logs = [log for log in self.trust["logs"] if log["origin"] == origin]
        want(logs, "PROOF_ORIGIN_UNLISTED")
        self.log = logs[0]

    def origin_tenant(self) -> None:
        epoch = re.fullmatch("(.*/.*)/[1-9][0-9]{0,8}", self.origin, re.S)
        log = epoch[1] if epoch else self.origin
        want(log.endswith(f"/{self.tenant}"), "PROOF_ORIGIN_TENANT")

    def key_chain(self) -> None:
        self.signers = Keys(self.log["keys"], self.keys)

    def anchor_roots(self) -> None:
        held, size, mine, proofs = False, self.checkpoint.size, self.checkpoint.root, self.anchors
        for anchor in self.log["anchors"]:
            path, other = proofs.get(anchor["size"]), unb64(anchor["root"])
            if anchor["size"] == size:
                want(other == mine, "PROOF_ANCHOR_FORK")
            elif path is not None:
                try:
                    consistent(*sum(sorted([(size, mine), (anchor["size"], other)]), ()), path)
                except Refused:
                    raise Refused("PROOF_ANCHOR_FORK") from None
            else:
                continue
            held = held or anchor["size"] >= size
        self.held = held

    def checkpoint_key(self) -> None:
        def vouched(until: int | None) -> bool:
            if held:
                return True
            if until is None or self.checkpoint.size >= until or not self.policy_text:
                return False
            try:
                self.quorum()
                return self.policy.quorum != "none"
            except (Refused, Lacking):
                return False

        why, held = "PROOF_TRUST_KEY_UNLISTED", self.held
        for use, kid in self.signers.keys:
            x = unb64(self.signers.keys[use, kid]["x"])
            if use == "checkpoint" and self.checkpoint.by(self.checkpoint.origin, x):
                try:
                    self.signers.standing(use, kid, self.checkpoint.size, vouched)
                    self.checkpoint_x = x
                    return
                except Refused as refusal:
                    why = refusal.args[0]
        raise Refused(why)

    def checkpoint_signature(self) -> None:
        for signature in self.checkpoint.by(self.checkpoint.origin, self.checkpoint_x):
            good = holds(self.checkpoint_x, self.checkpoint.text.encode(), signature)
            want(good, "PROOF_NOTE_SIGNATURE")
        want(self.checkpoint.size or self.checkpoint.root == NO_BODY, "PROOF_ROOT_MISMATCH")

    def witness_policy(self) -> None:
        policy = Policy(self.policy_text)
        policy.log_signed(self.checkpoint)
        self.policy = policy

    def cosignatures(self) -> None:
        self.cosigners = self.policy.cosigners(self.checkpoint)

    def quorum(self) -> None:
        if self.policy.quorum == "none":
            raise Lacking
        self.policy.met(self.cosigners)

    # The log: bundle.md, Log

    def proof_positions(self) -> None:
        seqs = [seq for seq, _ in self.proven()]
        want((self.checkpoint.size, seqs) == (self.proof["size"], self.proof["seqs"]), "PROOF_POSITIONS")

    def proven(self) -> list[tuple]:
        """Ascending; two leaves at one place are two, and so fit no proof."""
        found = dict.fromkeys((leaf["seq"], h(b"\x00", jcs(leaf))) for leaf in self.leaves())
        return sorted(found, key=lambda leaf: leaf[0])

    def proof_inclusion(self) -> None:
        size, seqs, hashes = self.proof["size"], self.proof["seqs"], self.proof["hashes"]
        proven, at = self.proven(), self.checkpoint.root
        want(seqs, "PROOF_SEQS")
        want(len(proven) == len(seqs), "PROOF_HASH_COUNT")
        leaves = {seq: hash for seq, (_, hash) in zip(seqs, proven)}
        want(batch_root(size, leaves, [unb64(one) for one in hashes]) == at, "PROOF_ROOT_MISMATCH")

    def record_tenant(self) -> None:
        want(all(leaf["tenant"] == self.tenant for leaf in self.leaves()), "PROOF_RECORD_TENANT")

    def record_times(self) -> None:
        times = [leaf["at"] for leaf in sorted(self.leaves(), key=lambda leaf: leaf["seq"])]
        want(times == sorted(times), "PROOF_RECORD_TIME")

    def state_place(self) -> None:
        leaf, last, end = self.state["leaf"], self.state["last"], self.size - 1
        want((last or leaf)["seq"] == end and leaf["size"] <= self.as_of, "PROOF_STATE_PLACE")
        want(not last or last["size"] > max(self.as_of, leaf["size"]), "PROOF_STATE_PLACE")
        want(all(one["seq"] < leaf["size"] for one in self.headers()), "PROOF_STATE_PLACE")


STATE = "state-form state-size state-place state-entities state-current state-neighbours".split()
SIGNED = (
    "origin-listed origin-tenant key-chain anchor-roots manifest-key manifest-signature "
    "checkpoint-key checkpoint-signature"
).split()
TERMS = "terms-form terms-stated license-texts".split()
SAYING = "Source", "License", "Clause", "Transformation"
WITNESSES = "witness-policy cosignatures witness-quorum".split()


class Bundle(Report):
    def __init__(self, file: bytes, trust: str | None = None) -> None:
        super().__init__()
        if trust is not None:
            self.trust = read_trust(trust)
            self.policy_text = self.trust["witnessPolicy"]
        self.run(zip_form=lambda: self.read(file))
        self.run(manifest_form=self.manifest_form, jws_form=self.jws_form)
        for name in (
            "entry_list subject_digests stitch_root checkpoint_form checkpoint_match proof_form "
            "records_form keys_form anchors_form erasures_form state_form proof_positions "
            "proof_inclusion record_count record_tenant record_times record_as_of record_entities "
            "out_sets link_changes link_ends bodies withheld_fields erasure_targets state_size "
            "state_place state_entities state_current state_neighbours lineage_reach "
            "lineage_upstream lineage_downstream terms_form terms_stated license_texts origin_listed origin_tenant key_chain "
            "anchor_roots manifest_key manifest_signature"
        ).split():
            self.run(**{name.replace("erasure_targets", "erasures"): getattr(self, name)})
        if trust is None or self.trust["witnessPolicy"]:
            self.run(witness_policy=self.witness_policy, cosignatures=self.cosignatures)
            self.run(witness_quorum=self.quorum)
        self.run(checkpoint_key=self.checkpoint_key, checkpoint_signature=self.checkpoint_signature)
        self.run(replay_form=self.replay_form, replay_signature=self.replay_signature)

    def read(self, file: bytes) -> None:
        self.files = read_zip(file)

    def file(self, path: str) -> bytes:
        want(path in self.files, "PROOF_ENTRY_MISSING")
        return self.files[path]

    def leaves(self) -> list:
        parts = self.headers() + self.keys + self.erased_by
        state = self.state
        return parts + ([one for one in (state["leaf"], state["last"]) if one] if state else [])

    def headers(self) -> list:
        return [record["header"] for record in self.records]

    def manifest_form(self) -> None:
        self.manifest = manifest_form(self.file("manifest.json"))
        self.said = self.manifest["predicate"]
        names = "origin", "tenant", "asOf", "size"
        self.origin, self.tenant, self.as_of, self.size = (self.said[name] for name in names)

    def jws_form(self) -> None:
        jws = jws_form(utf8(self.file("manifest.jws")))
        want(jws["payload"] == self.file("manifest.json"), "PROOF_JWS_PAYLOAD")
        self.jws = jws

    def entry_list(self) -> None:
        names = {one["name"] for one in self.manifest["subject"]} | {"manifest.json", "manifest.jws"}
        want(not names - set(self.files), "PROOF_ENTRY_MISSING")
        want(not set(self.files) - names, "PROOF_ENTRY_UNLISTED")

    def subject_digests(self) -> None:
        for one in self.manifest["subject"]:
            if one["name"] in self.files:
                good = h(self.files[one["name"]]).hex() == one["digest"]["sha256"]
                want(good, "PROOF_ENTRY_DIGEST")

    def stitch_root(self) -> None:
        names = [one["name"] for one in self.manifest["subject"]]
        made = root([stitch_leaf(name, self.file(name)) for name in names])
        want(b64(made) == self.said["stitch"], "PROOF_STITCH")

    def checkpoint_form(self) -> None:
        self.checkpoint = Checkpoint(self.file("checkpoint"))

    def checkpoint_match(self) -> None:
        same = (self.checkpoint.origin, self.checkpoint.size) == (self.origin, self.said["size"])
        want(same, "PROOF_CHECKPOINT_OTHER")

    def proof_form(self) -> None:
        proof = read_jcs(self.file("proof.json"))
        more = ["state"] if isinstance(proof, dict) and "state" in proof else []
        members(proof, "hashes", "seqs", "size", "v", *more)
        want(proof["v"] == "selvedge/proof/1")
        batch_form(proof)
        self.proof = proof

    def records_form(self) -> None:
        self.records = records_form(self.file("records.ndjson"))
        self.shown = {record["header"]["id"]: record for record in self.records}

    def keys_form(self) -> None:
        if "keys.json" not in self.files:
            self.keys = []
            return
        keys = read_jcs(self.files["keys.json"])
        members(keys, "keys", "v")
        want(not isinstance(keys["keys"], list) or len(keys["keys"]) <= 10000, "PROOF_KEY_RECORDS")
        want(keys["v"] == "selvedge/keys/1")
        leaves_form(keys["keys"], "key", "PROOF_KEY_RECORDS")
        seqs = [one["seq"] for one in keys["keys"]]
        want(all(seq > 2 for seq in seqs), "PROOF_KEY_RECORDS")
        added = [(one["use"], one["kid"]) for one in keys["keys"] if one["event"] == "add"]
        want(len(set(added)) == len(added), "PROOF_KEY_RECORDS")
        self.keys = keys["keys"]

    def anchors_form(self) -> None:
        if "anchors.json" not in self.files:
            self.anchors = {}
            return
        anchors = read_jcs(self.files["anchors.json"])
        members(anchors, "proofs", "v")
        want(anchors["v"] == "selvedge/anchors/1" and isinstance(anchors["proofs"], list))
        for one in anchors["proofs"]:
            members(one, "path", "size")
            want(whole(one["size"]) and isinstance(one["path"], list))
        want(ascending([one["size"] for one in anchors["proofs"]]), "PROOF_ANCHORS")
        self.anchors = {one["size"]: [unb64(e, 32) for e in one["path"]] for one in anchors["proofs"]}

    def erasures_form(self) -> None:
        if "erasures.ndjson" not in self.files:
            self.erased_by = []
            return
        leaves = lines(self.files["erasures.ndjson"], "PROOF_ERASURES")
        leaves_form(leaves, "record", "PROOF_ERASURES")
        want(all(leaf["action"] == "erase" for leaf in leaves), "PROOF_ERASURES")
        self.erased_by = leaves

    def record_count(self) -> None:
        want(len(self.records) == self.said["records"], "PROOF_RECORD_COUNT")

    def record_as_of(self) -> None:
        below = all(header["seq"] < self.as_of for header in self.headers())
        want(below and self.as_of <= self.said["size"], "PROOF_RECORD_AS_OF")

    def record_entities(self) -> None:
        want(len(self.shown) == len(self.records), "PROOF_RECORD_TWICE")

    def outs(self) -> list:
        return [record for record in self.records if record["out"] is not None]

    def out_sets(self) -> None:
        for record in self.outs():
            want(b64(out_root(record["out"])) == record["header"]["out"], "PROOF_OUT_SET")

    def link_changes(self) -> None:
        for record in self.outs():
            there = {(rel, id): leaf for rel, id, leaf in record["out"]}
            for link in record["header"]["links"]:
                want(there.get((link["rel"], link["id"]), "") == link["leaf"], "PROOF_LINK_CHANGES")
            for one in record["header"]["unlinks"]:
                want((one["rel"], one["id"]) not in there, "PROOF_LINK_CHANGES")

    def link_ends(self) -> None:
        leaves = {b64(record["leaf"]): record["header"] for record in self.records}
        names: dict[str, str] = {}
        for record in self.records:
            header = record["header"]
            links = [[link["rel"], link["id"], link["leaf"]] for link in header["links"]]
            for rel, id, leaf in links if record["out"] is None else record["out"]:
                want(rel in LEVEL, "PROOF_LINK_RELATION")
                want((leaf is None) == (id == header["id"]), "PROOF_LINK_LEAF")
                if leaf:
                    want(names.setdefault(leaf, id) == id, "PROOF_LINK_LEAF")
                    there = leaves.get(leaf, {"id": id, "seq": -1})
                    want(there["id"] == id and there["seq"] < header["seq"], "PROOF_LINK_LEAF")

    def bodies(self) -> None:
        for record in self.records:
            if record["fields"] is not None:
                want(b64(body_root(record["fields"])) == record["header"]["body"], "PROOF_BODY")

    def is_erased(self, header: dict) -> bool:
        return any(one["id"] == header["id"] and header["seq"] in one["targets"] for one in self.erased_by)

    def withheld_fields(self) -> None:
        if "withhold" not in self.said:
            self.records, self.erased_by
            return
        for record in self.records:
            header, fields = record["header"], record["fields"]
            if fields is None:
                gone = self.is_erased(header) or unb64(header["body"]) == NO_BODY
                want(gone, "PROOF_WITHHELD")
            else:
                names = [field["name"] for field in fields]
                kept = [field["name"] for field in fields if "c" in field]
                meant = withheld(self.said["withhold"], header["kind"], names)
                want(kept == meant, "PROOF_WITHHELD")

    def erasure_targets(self) -> None:
        said, ids = self.said, {header["seq"]: header["id"] for header in self.headers()}
        erasers = self.erased_by + [header for header in self.headers() if header["action"] == "erase"]
        for one in erasers:
            good = all(ids.get(seq, one["id"]) == one["id"] for seq in one["targets"])
            want(good, "PROOF_ERASURE_TARGET")
        place = said["asOf"] if said["stateSize"] is None else said["stateSize"]
        for one in self.erased_by:
            want(one["id"] in self.shown, "PROOF_ERASURE_TARGET")
            header = self.shown[one["id"]]["header"]
            want(header["seq"] in one["targets"], "PROOF_ERASURE_TARGET")
            later = one["version"] - header["version"]
            good = later > 0 and one["kind"] == header["kind"] and one["seq"] >= place
            want(good, "PROOF_ERASURE_ORDER")
            empty = unb64(one["body"]) == NO_BODY and one["out"] == header["out"]
            want(later > 1 or empty, "PROOF_ERASURE_BODY")

    # State

    def state_form(self) -> None:
        if "state" not in self.proof:
            self.state = None
            raise Lacking
        state = self.proof["state"]
        state_form(state)
        for entity in state["entities"]:
            members(entity, "design", "id", "run")
            want(is_id(entity["id"]))
            in_sets_form(entity)
        want(ascending([utf16(entity["id"]) for entity in state["entities"]]), "PROOF_STATE_FORM")
        self.state = state

    def stated(self) -> dict:
        if self.state is None:
            raise Lacking
        return {entity["id"]: entity for entity in self.state["entities"]}

    def state_size(self) -> None:
        size = self.state and self.state["leaf"]["size"]
        want(size == self.said["stateSize"], "PROOF_STATE_SIZE")

    def state_place(self) -> None:
        self.stated()
        super().state_place()

    def state_entities(self) -> None:
        want(set(self.stated()) == set(self.shown), "PROOF_STATE_ENTITIES")

    def state_current(self) -> None:
        claims = []
        for id, one in self.stated().items():
            if id in self.shown:
                value = state_value(self.shown[id]["leaf"], one["design"], one["run"])
                claims.append((h(id.encode()), value))
        hashes = [unb64(one) for one in self.state["hashes"]]
        sparse_verify(claims, self.state["shape"], hashes, unb64(self.state["leaf"]["root"]))

    def state_neighbours(self) -> None:
        def level(rel: str) -> str:
            return "run" if LEVEL.get(rel) == "run" else "design"

        lower, upper, other = self.outs(), self.stated(), "PROOF_STATE_NEIGHBOURS"
        up = {(r["header"]["id"], rel, id) for r in lower for rel, id, _ in r["out"]}
        ids = {r["header"]["id"] for r in lower}
        owners = {b64(r["leaf"]): r["header"]["id"] for r in self.records}
        down = {}
        for id, one in upper.items():
            for name in ("design", "run"):
                if isinstance(one[name], list):
                    down |= {(d, rel, id): leaf for rel, d, leaf in one[name]}
        for d, rel, u in up:
            if u in upper and isinstance(upper[u][level(rel)], list):
                want((d, rel, u) in down, other)
        for (d, rel, u), leaf in down.items():
            want(d not in ids or (d, rel, u) in up, other)
            want(owners.get(leaf, d) == d, other)
            if d in self.shown:
                header = self.shown[d]["header"]
                added = any((one["rel"], one["id"]) == (rel, u) for one in header["links"])
                want(added == (leaf == b64(self.shown[d]["leaf"])), other)

    # Lineage

    def walk(self, edges: dict, depth: int) -> dict[str, int]:
        found, front = {self.said["question"]["root"]: 0}, [self.said["question"]["root"]]
        for distance in range(1, min(depth, len(self.records)) + 1):
            front = {one for id in front for one in edges.get(id, ())} & {*self.shown} - {*found}
            found |= dict.fromkeys(front, distance)
        return found

    def lineage_reach(self) -> None:
        question, up, down = self.said["question"], {}, {}
        for record in self.outs():
            for rel, id, _ in record["out"]:
                if LEVEL.get(rel) == "design":
                    up.setdefault(record["header"]["id"], []).append(id)
                    down.setdefault(id, []).append(record["header"]["id"])
        want(question["root"] in self.shown, "PROOF_LINEAGE_ROOT")
        way, depth = question["direction"], question["depth"]
        above = self.walk(up, depth) if way != "DOWNSTREAM" else {}
        below = self.walk(down, depth) if way != "UPSTREAM" else {}
        beside = {question["root"], *above} if self.said["v"] == "selvedge/bundle/2" else set()
        queue = list(beside)
        for id in queue:
            for to in up.get(id, []):
                known = to in self.shown and to not in beside
                if known and self.shown[to]["header"]["kind"] in SAYING:
                    beside.add(to)
                    queue.append(to)
        want({*above, *below, *beside} >= set(self.shown), "PROOF_LINEAGE_UNREACHED")
        self.below = below
        self.nearer = [[id for id, distance in one.items() if distance < depth] for one in (above, below)]

    # Terms: terms.md

    def terms_form(self) -> None:
        if self.said["v"] == "selvedge/bundle/1":
            raise Lacking
        self.terms = terms_form(self.file("terms.json"))

    def following(self) -> Terms:
        self.terms, self.erased_by
        by = {(one["id"], seq) for one in self.erased_by for seq in one["targets"]}
        erased = set()
        for record in self.records:
            header = record["header"]
            empty = header["action"] == "erase" and unb64(header["body"]) == NO_BODY
            if empty or record["fields"] is None and (header["id"], header["seq"]) in by:
                erased.add(header["seq"])
        return Terms(self.said["question"]["root"], self.records, erased, self.terms["day"])

    def terms_stated(self) -> None:
        found, stated, other = self.following(), self.terms, "PROOF_TERMS_OTHER"
        state = self.state and self.state["leaf"]
        at = (state or self.records[-1]["header"])["at"]
        want(stated["day"] >= at[:10], "PROOF_TERMS_DAY")
        want(stated["total"] == found.total, other)
        want(all(jcs(stated[name]) == jcs(list) for name, list in found.lists.items()), other)
        want(stated["transformations"] == found.transformations, other)

    def license_texts(self) -> None:
        texts = self.terms["texts"]
        named = [(one["sha256"], one["licenses"]) for one in texts]
        want(named == self.following().texts, "PROOF_TERMS_TEXTS")
        held = [f"licenses/{one['sha256']}.txt" for one in texts if one["held"]]
        there = [path for path in self.files if path.startswith("licenses/")]
        want(held == there, "PROOF_TERMS_TEXTS")
        good = all(h(self.files[path]).hex() == path[9:-4] for path in there)
        want(good, "PROOF_TERMS_TEXT")

    def origin_tenant(self) -> None:
        self.log
        super().origin_tenant()

    def lineage_upstream(self) -> None:
        if self.said["question"]["direction"] == "DOWNSTREAM":
            raise Lacking
        for id in self.nearer[0]:
            out = self.shown[id]["out"]
            want(out is not None, "PROOF_LINEAGE_HIDDEN")
            design = [to for rel, to, _ in out if LEVEL.get(rel) == "design"]
            want(all(to in self.shown for to in design), "PROOF_LINEAGE_INCOMPLETE")

    def lineage_downstream(self) -> None:
        stated = self.stated()
        if self.said["question"]["direction"] == "UPSTREAM":
            raise Lacking
        for id in self.nearer[1]:
            shown = stated.get(id, {}).get("design")
            want(isinstance(shown, list), "PROOF_LINEAGE_HIDDEN")
            want(self.shown[id]["out"] is not None, "PROOF_LINEAGE_HIDDEN")
            for rel, lower, _ in shown:
                if LEVEL[rel] == "design":
                    want(lower in self.shown, "PROOF_LINEAGE_INCOMPLETE")
                    want(lower in self.below, "PROOF_LINEAGE_HIDDEN")

    # Authenticity and replay

    def manifest_key(self) -> None:
        key = self.signers.standing("manifest", self.jws["kid"], self.said["size"])
        self.manifest_x = unb64(key["x"])

    def manifest_signature(self) -> None:
        good = holds(self.manifest_x, self.jws["signed"], self.jws["signature"])
        want(good, "PROOF_MANIFEST_SIGNATURE")

    def replay_form(self) -> None:
        if "replay" not in self.files:
            raise Lacking
        self.stated()
        origin, leaf = self.origin, self.state["leaf"]
        note = Note(self.files["replay"])
        lines = ["selvedge/replay/1", origin, str(leaf["size"])]
        lines.append(base64.b64encode(unb64(leaf["root"])).decode() + "\n")
        want(note.text == "\n".join(lines), "PROOF_REPLAY_OTHER")
        self.replay = note

    def replay_signature(self) -> None:
        signed = [(key, line) for name, key in self.trust["replayers"] for line in self.replay.by(name, key)]
        if not signed:
            raise Lacking
        good = all(holds(key, self.replay.text.encode(), line) for key, line in signed)
        want(good, "PROOF_NOTE_SIGNATURE")

    def verdict(self) -> dict[str, str]:
        apart = {*SIGNED, *WITNESSES, *TERMS, "lineage-upstream", "lineage-downstream"}
        stateless = self.results["proof-form"] == "pass" and self.results["state-form"] == "not evaluated"
        optional = {name for name in STATE if self.results[name] == "not evaluated"}
        intact = [n for n in self.results if n not in apart | optional and not n.startswith("replay")]
        proof = ["checkpoint-match", "proof-positions", "proof-inclusion", "record-entities"]
        current = "not evaluated" if stateless else self.line(STATE + proof)

        def complete(way: str, *rest: str) -> str:
            if self.line([way]) == "pass" == self.line(["out-sets"]):
                return next((one for one in rest if one != "pass"), "pass")
            return self.line([way] if self.line([way]) != "pass" else ["out-sets"])

        ground = ["out-sets", "bodies", "erasures"]
        terms = [self.line(TERMS), self.line(ground + proof)]
        return {
            "intact": self.line(intact),
            "authentic": self.line(SIGNED),
            "witnessed": self.line(WITNESSES) if "witness-policy" in self.results else "not evaluated",
            "current": current,
            "completeUp": complete("lineage-upstream"),
            "completeDown": complete("lineage-downstream", current),
            "terms": next((one for one in terms if one != "pass"), "pass"),
        }

    def exit(self) -> int:
        if self.results["zip-form"] == "PROOF_ZIP_NOT_ONE":
            return 3
        if self.failed():
            return 1
        return 0 if self.verdict()["authentic"] == "pass" else 4


if __name__ == "__main__":
    found = Bundle(Path(sys.argv[1]).read_bytes(), *map(Path.read_text, map(Path, sys.argv[2:3])))
    for name, result in {**found.results, **found.verdict()}.items():
        print(f"{result:30} {name}")
    sys.exit(found.exit())
