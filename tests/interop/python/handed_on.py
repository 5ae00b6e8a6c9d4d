"""Verifies what is handed on without a bundle: entry.md; log.md; state.md, State proof."""

from bundle import *


class Entry(Report):
    """entry.md"""

    def __init__(self, file: bytes, proof: bytes, trust: str | None) -> None:
        super().__init__()
        if trust is not None:
            self.trust = read_trust(trust)
        self.file, self.keys, self.anchors = file, [], {}
        self.run(stitch_form=lambda: self.stitch_form(proof), manifest_form=self.manifest_form)
        self.run(jws_form=self.jws_form, entry_digest=self.digest, entry_inclusion=self.inclusion)
        self.run(origin_listed=self.origin_listed, origin_tenant=self.origin_tenant)
        self.run(key_chain=self.key_chain, manifest_key=self.manifest_key)
        self.run(manifest_signature=self.manifest_signature)

    def stitch_form(self, data: bytes) -> None:
        proof = read_jcs(data)
        members(proof, "hashes", "jws", "path", "v")
        want(proof["v"] == "selvedge/stitch/1" and is_path(proof["path"]))
        want(isinstance(proof["jws"], str) and isinstance(proof["hashes"], list))
        self.path = [unb64(one, 32) for one in proof["hashes"]]
        self.payload = unb64((proof["jws"].split(".") + [""])[1], None, "PROOF_ENCODING")
        self.name, self.text = proof["path"], proof["jws"]

    def manifest_form(self) -> None:
        self.manifest = manifest_form(self.payload)
        self.said = self.manifest["predicate"]
        self.origin, self.tenant = self.said["origin"], self.said["tenant"]

    def jws_form(self) -> None:
        self.jws = jws_form(self.text)

    def place(self) -> int:
        names = [one["name"] for one in self.manifest["subject"]]
        want(self.name in names, "PROOF_ENTRY_UNLISTED")
        return names.index(self.name)

    def digest(self) -> None:
        said = self.manifest["subject"][self.place()]["digest"]["sha256"]
        want(said == h(self.file).hex(), "PROOF_ENTRY_DIGEST")

    def inclusion(self) -> None:
        leaf, size = stitch_leaf(self.name, self.file), len(self.manifest["subject"])
        made = inclusion_root(self.place(), size, leaf, self.path)
        want(b64(made) == self.said["stitch"], "PROOF_ROOT_MISMATCH")

    manifest_key = Bundle.manifest_key
    manifest_signature = Bundle.manifest_signature

    def exit(self) -> int:
        if self.failed():
            return 1
        return 0 if self.line(SIGNED) == "pass" else 4


def only_key(text: str) -> dict:
    """The trust root that `--vkey` stands for."""
    origin, key = vkey(text, b"\x01", "PROOF_NOTE_KEY")
    listed = {"use": "checkpoint", "kid": thumbprint(b64(key)), "x": b64(key), "from": 0}
    listed |= {"until": None, "compromised": False}
    log = {"origin": origin, "keys": [listed], "anchors": []}
    return {"logs": [log], "witnessPolicy": "", "replayers": []}


class Signed(Report):
    """Who signed a checkpoint, by log.md."""

    def __init__(self, trust: dict, form: str, note) -> None:
        super().__init__()
        self.trust, self.policy_text, self.keys, self.anchors = trust, trust["witnessPolicy"], [], {}
        self.run(**{form: lambda: self.read(note)})

    def read(self, note) -> None:
        self.checkpoint = Checkpoint(note())
        self.origin = self.checkpoint.origin

    def who(self) -> None:
        self.run(origin_listed=self.origin_listed, key_chain=self.key_chain)
        self.run(anchor_roots=self.anchor_roots)
        if self.policy_text:
            self.run(witness_policy=self.witness_policy, cosignatures=self.cosignatures)
            self.run(witness_quorum=self.quorum)
        self.run(checkpoint_key=self.checkpoint_key, checkpoint_signature=self.checkpoint_signature)


def proof_text(data: bytes, opening: str, code: str) -> tuple[list[str], bytes]:
    """Its lines up to the empty one, the first without its opening; and the checkpoint behind."""
    text, apart, note = utf8(data).partition("\n\n")
    want(apart and text.startswith(opening), code)
    return text.removeprefix(opening).split("\n"), note.encode()


def decimal(text: str, code: str) -> int:
    want(re.fullmatch("0|[1-9][0-9]{0,15}", text) and int(text) <= MOST, code)
    return int(text)


def hashes64(texts: list[str], code: str) -> list[bytes]:
    made = [std64(one, code) for one in texts]
    want(len(made) <= 63 and all(len(one) == 32 for one in made), code)
    return made


class Leaf(Signed):
    """A tlog-proof and its leaf."""

    def __init__(self, proof: bytes, leaf: bytes, trust: dict) -> None:
        Report.__init__(self)
        self.run(proof_form=lambda: self.proof_form(proof))
        results = self.results
        super().__init__(trust, "checkpoint_form", lambda: self.note)
        self.results |= results
        self.run(leaf_form=lambda: self.leaf_form(leaf), leaf_place=self.place)
        self.run(leaf_inclusion=self.inclusion, origin_tenant=self.origin_tenant)
        self.who()

    def proof_form(self, data: bytes) -> None:
        bad = "PROOF_TLOG_PROOF"
        rest, note = proof_text(data, "c2sp.org/tlog-proof@v1\n", bad)
        if rest[0].startswith("extra "):
            std64(rest.pop(0)[6:], bad)
        want(rest and rest[0].startswith("index "), bad)
        index, self.path = decimal(rest[0][6:], bad), hashes64(rest[1:], bad)
        self.index, self.note = index, note

    def leaf_form(self, data: bytes) -> None:
        leaf = leaf_text(data)
        self.leaf, self.tenant = leaf_sound(leaf), leaf["tenant"]
        self.seq = leaf["seq"]

    def place(self) -> None:
        want(self.seq == self.index, "PROOF_LEAF_SEQ")

    def inclusion(self) -> None:
        want(self.index < self.checkpoint.size, "PROOF_INDEX_OUT_OF_RANGE")
        made = inclusion_root(self.index, self.checkpoint.size, self.leaf, self.path)
        want(made == self.checkpoint.root, "PROOF_ROOT_MISMATCH")


class Consistency(Report):
    """Two checkpoints, the later with the proof, as a witness is sent it."""

    def __init__(self, old: bytes, new: bytes, trust: dict) -> None:
        super().__init__()
        self.run(proof_form=lambda: self.proof_form(new))
        ends = Signed(trust, "checkpoint", lambda: old), Signed(trust, "checkpoint", lambda: self.note)
        for name, end in zip(("old", "new"), ends):
            end.who()
            self.results |= {f"{name}-{check}": result for check, result in end.results.items()}
        self.run(same_log=lambda: want(ends[0].origin == ends[1].origin, "PROOF_CHECKPOINT_ORIGIN"))
        self.run(consistency=lambda: self.consistency(ends[0].checkpoint, ends[1].checkpoint))

    def proof_form(self, data: bytes) -> None:
        bad = "PROOF_SUBMISSION"
        rest, note = proof_text(data, "old ", bad)
        self.old, self.path, self.note = decimal(rest[0], bad), hashes64(rest[1:], bad), note

    def consistency(self, old: Checkpoint, new: Checkpoint) -> None:
        want(self.old == old.size, "PROOF_SIZES")
        consistent(old.size, old.root, new.size, new.root, self.path)


class State(Signed):
    """state.md, State proof."""

    def __init__(self, data: bytes, trust: dict) -> None:
        Report.__init__(self)
        self.run(proof_form=lambda: self.proof_form(data))
        results = self.results
        super().__init__(trust, "checkpoint_form", lambda: self.note)
        self.results |= results
        self.run(proof_positions=self.proof_positions, proof_inclusion=self.proof_inclusion)
        self.run(record_tenant=self.record_tenant, record_times=self.record_times)
        self.run(state_place=self.state_place, state_current=self.current)
        self.run(origin_tenant=self.origin_tenant)
        self.who()

    def proof_form(self, data: bytes) -> None:
        proof, bad = read_jcs(data), "PROOF_STATE_FORM"
        members(proof, "asOf", "checkpoint", "proof", "state", "v")
        want(proof["v"] == "selvedge/state-proof/1" and whole(proof["asOf"]))
        want(isinstance(proof["checkpoint"], str))
        members(proof["proof"], "hashes", "seqs", "size")
        batch_form(proof["proof"])
        state_form(proof["state"])
        for one in proof["state"]["entities"]:
            members(one, "design", "header", "id", "run")
            want(is_id(one["id"]))
            none = one["header"] is None
            if none:
                want(one["design"] is None and one["run"] is None, bad)
            else:
                leaf_sound(one["header"])
                want(is_leaf(one["header"], "record") and one["header"]["id"] == one["id"], bad)
                in_sets_form(one)
        ids = [utf16(one["id"]) for one in proof["state"]["entities"]]
        want(ascending(ids), bad)
        self.proof, self.state, self.as_of = proof["proof"], proof["state"], proof["asOf"]
        self.note, self.tenant = proof["checkpoint"].encode(), proof["state"]["leaf"]["tenant"]

    def headers(self) -> list:
        return [one["header"] for one in self.state["entities"] if one["header"]]

    def leaves(self) -> list:
        return self.headers() + [one for one in (self.state["leaf"], self.state["last"]) if one]

    def state_place(self) -> None:
        self.size = self.checkpoint.size
        super().state_place()
        want(self.as_of <= self.checkpoint.size, "PROOF_STATE_PLACE")

    def current(self) -> None:
        claims = []
        for one in self.state["entities"]:
            leaf = one["header"] and h(b"\x00", jcs(one["header"]))
            value = state_value(leaf, one["design"], one["run"]) if leaf else None
            claims.append((h(one["id"].encode()), value))
        hashes = [unb64(one) for one in self.state["hashes"]]
        sparse_verify(claims, self.state["shape"], hashes, unb64(self.state["leaf"]["root"]))
