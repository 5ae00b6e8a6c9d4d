"""Works out the terms of what a bundle shows, by terms.md and spdx-terms.json."""

import json
import re
from pathlib import Path

from values import *

TABLE = json.loads((Path(__file__).parents[3] / "docs/specs/spdx-terms.json").read_text())
RULE = "type action upon purposes recipients jurisdictions validFrom validUntil".split()
SPACE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
TYPES = "permission", "prohibition", "duty"
LISTS = {"unknown": "unknowns", "prohibition": "prohibitions"}
LISTS |= {"duty": "duties", "permission": "permissions"}


def kind(id: str) -> str:
    return id.split(":")[2]


def is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def is_lift(value: object) -> bool:
    if not isinstance(value, dict) or value.get("type") not in TYPES:
        return False
    return isinstance(value.get("action"), str) and isinstance(value.get("from", ""), str)


def of_form(name: str, value: object) -> bool:
    if name in ("spdx", "action"):
        return isinstance(value, str)
    if name == "type":
        return value in TYPES
    if name in ("validFrom", "validUntil"):
        return isinstance(value, str) and bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value))
    if name in ("upon", "purposes", "recipients", "jurisdictions", "appliesTo"):
        return is_texts(value)
    if name == "lifts":
        return isinstance(value, list) and all(map(is_lift, value))
    return True


class Said:
    """What a record says, as far as it is shown."""

    def __init__(self, record: dict | None, erased: bool) -> None:
        self.unseen, self.fields, self.withheld, self.erased = False, {}, set(), erased
        action = record["header"]["action"] if record else None
        self.retired, self.silent = action == "retire", erased or action == "retire"
        self.gone = erased or action == "erase"
        if self.silent:
            return
        if record is None or record["fields"] is None:
            self.unseen = True
            return
        for field in record["fields"]:
            if "c" in field:
                self.withheld.add(field["name"])
            elif not of_form(field["name"], field["value"]):
                self.unseen = True
            else:
                self.fields[field["name"]] = field["value"]

    def has(self, name: str) -> bool:
        return name in self.fields or name in self.withheld

    def holds(self, day: str) -> bool:
        return self.fields.get("validFrom", "") <= day <= self.fields.get("validUntil", "9999-99-99")

    def silence(self, what: str) -> str:
        why = "RETIRED" if self.retired else "ERASED" if self.gone else "SAYS_NOTHING"
        return f"{what}_{why}"


def tokens(text: str) -> list[str]:
    return re.findall(rf"[()]|[^{SPACE}()]+", text)


def leaves(text: str) -> list[tuple[str, bool]] | None:
    """The ids of an expression, each with whether it is one of a choice; none where it is no expression."""
    left = tokens(text)
    words = {"AND", "OR", "WITH", "(", ")"}

    def take(word: str) -> bool:
        return bool(left) and left[0] == word and bool(left.pop(0))

    def joined(word: str, part, depth: int) -> list:
        parts = [part(depth)]
        while take(word):
            parts.append(part(depth))
        several = word == "OR" and len(parts) > 1
        return [(id, choice or several) for one in parts for id, choice in one]

    def both(depth: int) -> list:
        return joined("AND", one, depth)

    def one(depth: int) -> list:
        if take("("):
            want(depth < 20)
            inner = joined("OR", both, depth + 1)
            want(take(")"))
            return inner
        want(left and left[0] not in words)
        id = left.pop(0)
        own = re.fullmatch(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+", id)
        listed = re.fullmatch(r"(?!LicenseRef-|DocumentRef-)[A-Za-z0-9][A-Za-z0-9.-]*\+?", id)
        want(own or listed)
        if take("WITH"):
            want(left and left[0] not in words)
            want(re.fullmatch("[A-Za-z0-9][A-Za-z0-9.-]*", left.pop(0)))
        return [(id.removesuffix("+"), False)]

    try:
        found = joined("OR", both, 0)
        return None if left else found
    except Refused:
        return None


def word(action: str) -> str:
    addresses = {
        r"https?://www\.w3\.org/ns/odrl/2/": "odrl:",
        r"https?://creativecommons\.org/ns#": "cc:",
        r"https?://(w3id\.org/dpv(/owl)?|(www\.)?w3\.org/ns/dpv)[#/]": "dpv:",
    }
    for address, prefix in addresses.items():
        found = re.match(address, action)
        if found:
            action = prefix + action[found.end() :]
            break
    else:
        if re.fullmatch(r"[A-Za-z0-9_.+-]+", action):
            action = f"odrl:{action}"
    same = {"odrl:commercialize": "cc:CommercialUse", "odrl:copy": "odrl:reproduce"}
    return {**same, "odrl:share": "cc:Sharing"}.get(action, action)


class Terms:
    def __init__(self, root: str, records: list, erased: set[int], day: str) -> None:
        self.root, self.day = root, day
        shown = {record["header"]["id"]: record for record in records}
        near = {
            id: {to for rel, to, _ in record["out"] or [] if LEVEL.get(rel) == "design"}
            for id, record in shown.items()
        }
        self.things = sorted({root, *shown, *(to for tos in near.values() for to in tos)})
        self.hidden = {id for id in self.things if id not in shown or shown[id]["out"] is None}
        self.made = {id: [] for id in self.things}
        self.under = {id: [] for id in self.things}
        self.clauses = {id: [] for id in self.things}
        self.described = {id: [] for id in self.things}
        for low in self.things:
            for high in sorted(near.get(low, ())):
                record = kind(low) in ("export", "attachment", "erasure", "signoff", "decision")
                if kind(high) == "license" and not record:
                    self.under[low].append(high)
                elif kind(low) == "license" and kind(high) == "clause":
                    self.clauses[low].append(high)
                elif kind(high) == "transformation" and not record:
                    self.described[low].append(high)
                elif kind(high) not in ("dpiapacket", "modelcard", "principal"):
                    self.made[low].append(high)
        if kind(root) == "license":
            self.under[root].append(root)
        self.said = {}
        for id in self.things:
            record = shown.get(id)
            self.said[id] = Said(record, bool(record) and record["header"]["seq"] in erased)
        self.all = self.walk(set())
        self.licences = sorted({one for id in self.all for one in self.under[id]})
        self.texts = self.texts_of(shown, erased)
        self.work_out()

    def walk(self, stops: set[str]) -> dict[str, list[str]]:
        """The way to each thing reached, in the order in which it is."""
        before, queue = {self.root: None}, [self.root]
        for id in queue:
            if id not in stops:
                for to in self.made[id]:
                    if to not in before:
                        before[to] = id
                        queue.append(to)
        return before

    def way(self, walk: dict, id: str) -> list[str]:
        way = []
        while id is not None:
            way.append(id)
            id = walk[id]
        return way[::-1]

    def reaching(self, targets: set[str]) -> set[str]:
        found = set(targets)
        while True:
            more = {id for id in self.things if found & set(self.made[id])} - found
            if not more:
                return found
            found |= more

    def bare(self) -> list[tuple]:
        stops = {id for id in self.things if self.under[id] or id in self.hidden}
        walk = self.walk(stops)
        open = {id for id in walk if id not in stops}
        lost = open - self.reaching(stops)
        ends = {id for id in lost if set(self.made[id]) <= {id}}
        rounds = lost - self.reaching(ends)
        entered = {to for id in open - rounds for to in self.made[id]} | {self.root}
        bare = [(id, "NO_LICENSE", walk) for id in ends | (rounds & entered)]
        hidden = [(id, "NOT_SHOWN", self.all) for id in self.all if id in self.hidden]
        return [
            {"unknown": why, "license": None, "clause": None, "spdx": None, "choice": False}
            | {"path": self.way(walk, id)}
            for id, why, walk in sorted(bare + hidden, key=lambda one: one[0])
        ]

    def lifts(self, rule: str, thing: str) -> list[dict]:
        said = self.said[rule]
        if said.silent or said.unseen or not said.has("rule") or not said.holds(self.day):
            return []
        if said.withheld & {"lifts", "appliesTo", "validFrom", "validUntil"}:
            return []
        if thing not in said.fields.get("appliesTo", [thing]):
            return []
        return said.fields.get("lifts", [])

    def statement(self, licence: str) -> list[dict]:
        said, day = self.said[licence], self.day
        if said.unseen:
            return [{"unknown": "NOT_SHOWN"}]
        if not said.has("title"):
            return [{"unknown": said.silence("LICENSE")}]
        if said.withheld & {"validFrom", "validUntil"}:
            return [{"unknown": "NOT_SHOWN"}]
        if not said.holds(day):
            return [{"unknown": "LICENSE_NOT_IN_FORCE"}]
        if self.clauses[licence]:
            return [one for id in self.clauses[licence] for one in self.clause(id)]
        if "spdx" in said.withheld:
            return [{"unknown": "NOT_SHOWN"}]
        if "spdx" not in said.fields:
            return [{"unknown": "LICENSE_SAYS_NOTHING"}]
        found = leaves(said.fields["spdx"])
        if found is None:
            return [{"unknown": "SPDX_UNKNOWN"}]
        unknown = [{"unknown": "SPDX_UNKNOWN"}]
        return [
            one | {"spdx": id, "choice": choice}
            for id, choice in found
            for one in ([{"rule": rule} for rule in TABLE[id]] if id in TABLE else unknown)
        ]

    def clause(self, id: str) -> list[dict]:
        said = self.said[id]
        if said.unseen or said.has("type") and said.withheld & set(RULE):
            return [{"unknown": "NOT_SHOWN", "clause": id}]
        if not said.has("type"):
            return [{"unknown": said.silence("CLAUSE"), "clause": id}]
        rule = {name: said.fields[name] for name in RULE if name in said.fields}
        return [{"rule": rule, "clause": id}] if said.holds(self.day) else []

    def work_out(self) -> None:
        lifted = [(id, rule, self.lifts(rule, id)) for id in self.all for rule in self.described[id]]
        self.transformations = sorted({rule for _, rule, lifts in lifted if lifts})
        terms, walks = self.bare(), {frozenset(): self.all}
        for licence in self.licences:
            for one in self.statement(licence):
                term = {"clause": None, "spdx": None, "choice": False, "license": licence, **one}
                stops = frozenset()
                if "rule" in one and one["rule"].get("type") != "permission":
                    places = {licence, term["clause"]}
                    stops = frozenset(
                        id
                        for id, _, lifts in lifted
                        if any(self.is_of(lift, one["rule"], places) for lift in lifts)
                    )
                walk = walks.setdefault(stops, None) or self.walk(set(stops))
                walks[stops] = walk
                holder = next((id for id in walk if licence in self.under[id]), None)
                if holder is None:
                    continue
                path = self.way(walk, holder) + ([licence] if licence != holder else [])
                terms.append(term | {"path": path + ([term["clause"]] if term["clause"] else [])})
        if len(walks) > 65:
            none = {"license": None, "clause": None, "spdx": None, "choice": False}
            terms = [{"unknown": "CUT_TOO_OFTEN", "path": [self.root], **none}]
            self.transformations = []
        self.total, lists = len(terms), {name: [] for name in LISTS.values()}
        order = list(LISTS)
        sort = lambda term: "unknown" if "unknown" in term else term["rule"]["type"]
        for term in sorted(terms, key=lambda term: order.index(sort(term)))[:1000]:
            lists[LISTS[sort(term)]].append(term)
        self.lists = lists

    def is_of(self, lift: dict, rule: dict, places: set) -> bool:
        same = lift["type"] == rule["type"] and word(lift["action"]) == word(rule.get("action", ""))
        return same and ("from" not in lift or lift["from"] in places)

    def texts_of(self, shown: dict, erased: set[int]) -> list[tuple]:
        found: dict[str, list] = {}
        for licence in self.licences:
            record = shown.get(licence)
            if record is None or record["header"]["seq"] in erased:
                continue
            for field in record["fields"] or []:
                value = field.get("value") if field["name"] == "text" else None
                hash = value.get("sha256") if isinstance(value, dict) else None
                if matches("[0-9a-f]{64}", hash):
                    found.setdefault(hash, []).append(licence)
        return sorted(found.items())


def terms_form(data: bytes) -> dict:
    terms = read_jcs(data)
    lists = list(LISTS.values())
    members(terms, "v", "day", "total", "transformations", "texts", *lists)
    want(terms["v"] == "selvedge/terms/1" and whole(terms["total"]))
    want(matches("[0-9]{4}-[0-9]{2}-[0-9]{2}", terms["day"]))
    for name in lists:
        says = "unknown" if name == "unknowns" else "rule"
        want(isinstance(terms[name], list))
        for one in terms[name]:
            members(one, says, "license", "clause", "spdx", "choice", "path")
            if says == "rule":
                want(isinstance(one["rule"], dict), "PROOF_MEMBERS")
                members(one["rule"], *{"type", "action", *(set(RULE) & set(one["rule"]))})
                want(all(of_form(field, value) for field, value in one["rule"].items()))
            else:
                want(matches("[A-Z][A-Z_]{0,62}", one["unknown"]))
            want(all(one[name] is None or is_id(one[name]) for name in ("license", "clause")))
            want(one["spdx"] is None or isinstance(one["spdx"], str))
            want(isinstance(one["choice"], bool) and isinstance(one["path"], list))
            want(all(map(is_id, one["path"])))
    listed = sum(len(terms[name]) for name in lists)
    want(listed == min(terms["total"], 1000), "PROOF_TERMS_FORM")
    want(isinstance(terms["transformations"], list) and all(map(is_id, terms["transformations"])))
    want(isinstance(terms["texts"], list))
    for one in terms["texts"]:
        members(one, "sha256", "licenses", "held")
        want(matches("[0-9a-f]{64}", one["sha256"]) and isinstance(one["held"], bool))
        want(isinstance(one["licenses"], list) and all(map(is_id, one["licenses"])))
    want(ascending([one["sha256"] for one in terms["texts"]]), "PROOF_TERMS_FORM")
    return terms
