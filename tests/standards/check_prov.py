"""What the package `prov` makes of documents: JSON on standard input, what it found on standard output."""

import collections
import datetime
import json
import sys
import warnings

from prov.model import ProvDocument

# What a later release of the package will refuse is refused today.
warnings.simplefilter("error")


def read(text, notation):
    return ProvDocument.deserialize(content=text, format=notation)


def look(documents):
    from_json = read(documents["json"], "json")
    from_n = read(documents["n"], "provn")
    from_json.unified()
    return {
        "same": from_json == from_n,
        "again": all(
            read(one.serialize(format=notation), notation) == one
            for one in (from_json, from_n)
            for notation in ("json", "provn")
        ),
        "lost": lost(json.loads(documents["json"]), json.loads(from_json.serialize(format="json"))),
        "counts": collections.Counter(
            record.get_type().localpart for record in from_json.get_records()
        ),
    }


def lost(ours, theirs):
    """The groups of our JSON that differ from what they write again."""
    return [group for group in ours if plain(ours[group]) != plain(theirs.get(group))]


def plain(value):
    """Instants may be written in more ways than one, and several values of an attribute in any order."""
    if isinstance(value, dict):
        return {
            key: moment(each) if key in TIMES else plain(each)
            for key, each in value.items()
            if key != "$" or value["type"] != "xsd:dateTime"
        } | ({"at": moment(value["$"])} if value.get("type") == "xsd:dateTime" else {})
    return sorted(map(json.dumps, value)) if isinstance(value, list) else value


TIMES = ("prov:startTime", "prov:endTime")


def moment(text):
    return datetime.datetime.fromisoformat(text).timestamp()


print(json.dumps([look(one) for one in json.load(sys.stdin)]))
