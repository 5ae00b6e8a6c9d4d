"""Holds the verifier against every file of docs/specs/vectors.

Prints, as JSON, how much it looked at in which file, and where it disagrees.
"""

import hmac
import json
import sys
from pathlib import Path

from handed_on import *
from replay import Replay
from usage import verify_event, verify_window


def code_of(work) -> str | None:
    try:
        work()
        return None
    except Refused as refusal:
        return refusal.args[0]


class Vectors:
    def __init__(self, folder: Path) -> None:
        self.folder, self.looked, self.wrong = folder, {}, []
        self.files = {path.name: path for path in folder.iterdir() if path.suffix in (".json", ".zip")}
        for name in self.files:
            self.looked[name] = 0
            kind = name.removesuffix(".json").replace("-", "_")
            if name.endswith(".zip"):
                self.zip(name)
            elif name != "trust.json":
                getattr(self, kind)(name, json.loads(self.files[name].read_text()))
        # The trust root of the bundles that are files.
        self.looked["trust.json"] += 1

    def compare(self, name: str, what: str, found: object, wanted: object) -> None:
        self.looked[name] += 1
        if found != wanted:
            self.wrong.append(f"{name}: {what}: {found}, and not {wanted}")

    def zip(self, name: str) -> None:
        report = Bundle(self.files[name].read_bytes(), self.files["trust.json"].read_text())
        self.compare(name, "the example", (report.failed(), report.exit()), ({}, 0))

    def leaves(self, name: str, vectors: dict) -> None:
        for one in vectors["good"] + vectors["bad"]:
            found = code_of(lambda: leaf_text(one["entry"].encode()))
            self.compare(name, one["what"], found, one.get("code"))

    def record(self, name: str, vectors: dict) -> None:
        def mac(key: str, text: bytes) -> str:
            return b64(hmac.digest(unb64(key), text, "sha256"))

        for one in vectors["ids"]:
            named = mac(vectors["namingKey"], jcs([one["namespace"], one["name"]]))
            made = f"urn:selvedge:{one['kind'].lower()}:h:{named}"
            self.compare(name, "an id", made, one["id"])
        for leaf in vectors["leaves"]:
            header = leaf_text(leaf["entry"].encode())
            self.compare(name, "a leaf", b64(leaf_sound(header)), leaf["leaf"])
            if "out" in leaf:
                out = [[link["rel"], link["id"], link["leaf"]] for link in leaf["out"]]
                self.compare(name, "an out-set", b64(out_root(out)), header["out"])
            for field in leaf.get("fields", []):
                salt = mac(leaf["secret"], field["name"].encode())
                self.compare(name, "a salt", salt, field["salt"])
            if "fields" in leaf:
                self.compare(name, "a body", b64(body_root(leaf["fields"])), header["body"])

    def log(self, name: str, vectors: dict) -> None:
        hashes, decoded = [unb64(leaf) for leaf in vectors["leaves"]], lambda of: [unb64(e) for e in of]
        roots = [root(hashes[:size]) for size in range(len(hashes) + 1)]
        self.compare(name, "roots", [b64(one) for one in roots], vectors["roots"])
        one = vectors["inclusion"]
        made = inclusion_root(one["index"], one["size"], hashes[one["index"]], decoded(one["path"]))
        self.compare(name, "inclusion", made, roots[one["size"]])
        one = vectors["consistency"]
        ends = one["size1"], roots[one["size1"]], one["size2"], roots[one["size2"]]
        self.compare(name, "consistency", code_of(lambda: consistent(*ends, decoded(one["path"]))), None)
        one = vectors["batch"]
        leaves = {seq: hashes[seq] for seq in one["seqs"]}
        made = batch_root(one["size"], leaves, decoded(one["hashes"]))
        self.compare(name, "batch", made, roots[one["size"]])
        signed = Signed(only_key(vectors["vkey"]), "checkpoint", vectors["note"].encode)
        signed.who()
        self.compare(name, "checkpoint", signed.failed(), {})

    def proofs(self, name: str, vectors: dict) -> None:
        trust = only_key(vectors["vkey"])
        for one in vectors["leaves"]:
            found = Leaf(one["proof"].encode(), one["leaf"].encode(), trust)
            self.compare(name, one["what"], sorted(found.failed()), sorted(one["fails"]))
        for one in vectors["checkpoints"]:
            found = Consistency(one["old"].encode(), one["new"].encode(), trust)
            self.compare(name, one["what"], sorted(found.failed()), sorted(one["fails"]))

    def witness(self, name: str, vectors: dict) -> None:
        def judge(one: dict) -> list[int]:
            policy, checkpoint = Policy(one["policy"]), Checkpoint(one["note"].encode())
            policy.log_signed(checkpoint)
            cosigners = policy.cosigners(checkpoint)
            policy.met(cosigners)
            return list(cosigners.values())

        self.compare(name, "the example", judge(vectors)[0], vectors["time"])
        for one in vectors["bad"]:
            self.compare(name, one["what"], code_of(lambda: judge(one)), one["code"])

    def state(self, name: str, vectors: dict) -> None:
        for one in vectors["proofs"]:
            claims = [(unb64(c["key"]), c["value"] and unb64(c["value"])) for c in one["claims"]]
            hashes, wanted = [unb64(each) for each in one["proof"]["hashes"]], unb64(one["root"])
            found = code_of(lambda: sparse_verify(claims, one["proof"]["shape"], hashes, wanted))
            self.compare(name, one["what"], found, one.get("code"))
        self.replay(name, vectors)

    def replay(self, name: str, vectors: dict) -> None:
        for one in vectors["logs"]:
            log = Replay()
            texts = [vectors["texts"][i].encode() for i in one["entries"]]
            code = code_of(lambda: [log.add(text) for text in texts])
            found = code, len(log.hashes) if code else None
            self.compare(name, one["what"], found, (one.get("code"), one.get("at")))
            if "state" in one:
                self.compare(name, one["what"], b64(log.state_root()), one["state"])

    def state_proofs(self, name: str, vectors: dict) -> None:
        trust = read_trust(vectors["trust"])
        for one in vectors["proofs"]:
            failed = State(one["proof"].encode(), trust).failed()
            self.compare(name, one["what"], failed, dict(one["failed"]))

    def bundles(self, name: str, vectors: dict) -> None:
        texts = vectors["texts"]
        for one in vectors["good"] + vectors["bad"]:
            if "file" in one:
                file = base64.b64decode(one["file"])
            else:
                file = write_zip([(path, texts[i].encode()) for path, i in sorted(one["entries"].items())])
            report = Bundle(file, None if one["trust"] is None else texts[one["trust"]])
            found = {"failed": report.failed(), "verdict": report.verdict(), "exit": report.exit()}
            wanted = {**one["expected"], "failed": dict(one["expected"]["failed"])}
            self.compare(name, one["what"], found, wanted)

    def entries(self, name: str, vectors: dict) -> None:
        for one in vectors["vectors"]:
            report = Entry(one["file"].encode(), one["proof"].encode(), vectors["trust"])
            found = report.failed(), report.exit()
            self.compare(name, one["what"], found, (dict(one["failed"]), one["exit"]))

    def usage(self, name: str, vectors: dict) -> None:
        for one in vectors["proofs"]:
            found = code_of(lambda: verify_event(one["proof"].encode(), one["fields"]))
            self.compare(name, one["what"], found, one.get("code"))
        for one in vectors["windows"]:
            found = code_of(lambda: verify_window(one["events"], one["fields"]))
            self.compare(name, one["what"], found, one.get("code"))

    def withhold(self, name: str, vectors: list) -> None:
        for one in vectors:
            found = withheld(one["patterns"], one["kind"], one["fields"])
            self.compare(name, str(one["patterns"]), found, one["withheld"])


vectors = Vectors(Path(sys.argv[1]))
json.dump({"looked": vectors.looked, "wrong": vectors.wrong}, sys.stdout)
