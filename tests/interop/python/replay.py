"""Reads a whole log, leaf by leaf: record.md, Replay; state.md, Replay."""

from values import *


class Replay:
    def __init__(self, origin: str | None = None) -> None:
        self.origin, self.before, self.entities, self.hashes = origin, None, {}, []
        self.at, self.keys, self.log, self.epoch = {}, {}, None, 0

    def state_root(self) -> bytes:
        sets: dict[tuple, dict] = {}
        for id, entity in self.entities.items():
            for (rel, u), (_, since) in entity["out"].items():
                level = "run" if LEVEL[rel] == "run" else "design"
                sets.setdefault((u, level), {})[h(jcs([rel, id]))] = since
        made = {}
        for id, entity in self.entities.items():
            roots = [sparse_root(sets.get((id, level), {})) for level in ("design", "run")]
            made[h(id.encode())] = h(b"\x04", entity["leaf"], *roots)
        return sparse_root(made)

    def add(self, text: bytes) -> None:
        leaf = leaf_text(text)
        hash, before, seq = leaf_sound(leaf), self.before, len(self.hashes)
        want(leaf["seq"] == seq, "PROOF_REPLAY_SEQ")
        if before:
            want(leaf["tenant"] == before["tenant"], "PROOF_REPLAY_TENANT")
            want(leaf["at"] >= before["at"], "PROOF_REPLAY_TIME")
        if is_leaf(leaf, "record"):
            self.record(leaf, hash)
        elif is_leaf(leaf, "key"):
            self.key(leaf)
        elif is_leaf(leaf, "epoch"):
            self.epoch_leaf(leaf)
        else:
            follows = is_leaf(before, "state") or unb64(leaf["root"]) != self.state_root()
            want(not follows, "PROOF_REPLAY_STATE")
        self.before = leaf
        self.hashes.append(hash)

    def record(self, leaf: dict, hash: bytes) -> None:
        id, body, action, before = leaf["id"], leaf["body"], leaf["action"], self.before
        new = {"version": 0, "kind": leaf["kind"], "out": {}, "bodies": {}}
        entity = self.entities.get(id, new)
        want(leaf["version"] == entity["version"] + 1, "PROOF_REPLAY_VERSION")
        want(leaf["kind"] == entity["kind"], "PROOF_REPLAY_KIND")
        out = {} if action == "retire" else dict(entity["out"])
        for one in leaf["unlinks"]:
            want(out.pop((one["rel"], one["id"]), None), "PROOF_REPLAY_UNLINK")
        for one in leaf["links"]:
            edge = one["rel"], one["id"]
            want(edge not in out, "PROOF_REPLAY_LINK")
            want(one["rel"] in LEVEL, "PROOF_REPLAY_RELATION")
            out[edge] = one["leaf"], hash
        want(b64(out_root([[*edge, to] for edge, (to, _) in out.items()])) == leaf["out"], "PROOF_REPLAY_OUT")
        for one in leaf["links"]:
            if one["id"] != id:
                there = self.entities.get(one["id"])
                want(there and b64(there["leaf"]) == one["leaf"], "PROOF_REPLAY_LINK_LEAF")
        if is_leaf(before, "record") and (before["id"], before["body"]) == (id, body):
            if len(before["links"]) + len(before["unlinks"]) == 300 and action == "assert":
                want(not (before["links"] and leaf["unlinks"]), "PROOF_REPLAY_SPLIT")
                for name in ("links", "unlinks"):
                    both = [edge_key(one) for one in before[name] + leaf[name]]
                    want(ascending(both), "PROOF_REPLAY_SPLIT")
        alias = next((one["id"] for one in leaf["links"] if one["rel"] == "ALIAS_OF"), None)
        want(not alias or action == "retire", "PROOF_REPLAY_ALIAS")
        on = alias
        while on:
            want(on != id, "PROOF_REPLAY_ALIAS")
            held = self.entities[on]["out"]
            on = next((to for rel, to in held if rel == "ALIAS_OF"), None)
        if action == "erase":
            bodies = entity["bodies"]
            want(all(seq in bodies for seq in leaf["targets"]), "PROOF_REPLAY_ERASE_TARGET")
            gone = {bodies[seq] for seq in leaf["targets"]} - {b64(NO_BODY)}
            all_named = all(seq in leaf["targets"] for seq, one in bodies.items() if one in gone)
            want(all_named, "PROOF_REPLAY_ERASE_TARGET")
            last = entity["bodies"][max(entity["bodies"])]
            want(body == (b64(NO_BODY) if last in gone else last), "PROOF_REPLAY_ERASE_BODY")
        entity |= {"version": leaf["version"], "out": out, "leaf": hash}
        entity["bodies"][leaf["seq"]] = body
        self.entities[id] = entity

    def key(self, leaf: dict) -> None:
        name, before = (leaf["use"], leaf["kid"]), self.keys.get((leaf["use"], leaf["prev"]))
        adds, bad = leaf["event"] == "add", "PROOF_REPLAY_KEY"
        want(adds != (name in self.keys), bad)
        if leaf["prev"] is not None:
            want(before and not before["lost"], bad)
            stands = before["from"] <= leaf["seq"] < before["until"]
            want(stands or not adds, bad)
            key_signed(leaf, unb64(before["x"]), 0)
        if adds:
            self.keys[name] = {"x": leaf["x"], "from": leaf["from"], "until": MOST, "lost": False}
        else:
            key = self.keys[name]
            key["until"] = min(key["until"], leaf["from"])
            key["lost"] = key["lost"] or leaf["event"] == "compromise"

    def epoch_leaf(self, leaf: dict) -> None:
        log, bad = leaf["origin"].rpartition("/")[0], "PROOF_REPLAY_EPOCH"
        now = epoch_number(leaf["origin"], log)
        want(now > self.epoch and log == (self.log or log), bad)
        want(epoch_number(leaf["prevOrigin"], log) >= self.epoch, bad)
        if self.origin:
            last = epoch_number(self.origin, log)
            want(last is not None and now <= last, bad)
        same = leaf["prevSize"] > leaf["keptSize"] or unb64(leaf["prevRoot"]) == root(self.hashes)
        want(same, bad)
        self.log, self.epoch = log, now
