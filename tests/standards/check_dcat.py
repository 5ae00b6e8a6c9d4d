"""What rdflib and pyshacl make of catalogues: JSON on standard input, what they found on standard output.

The argument is the file of the shapes of DCAT-AP 3, as SEMIC publishes them.
"""

import json
import logging
import sys

import pyshacl
import rdflib
from rdflib import BNode, Graph, Literal, URIRef

warnings = []
logging.getLogger("rdflib.term").addHandler(
    type("Kept", (logging.Handler,), {"emit": lambda _, record: warnings.append(record.getMessage())})()
)

shapes = Graph().parse(sys.argv[1], format="json-ld")


def value(graph, term):
    if isinstance(term, BNode):
        return said(graph, term)
    if isinstance(term, URIRef):
        return f"<{term}>"
    return f'"{term}"' + (f"^^{term.datatype}" if term.datatype else "")


def said(graph, subject):
    found = {}
    for predicate, term in graph.predicate_objects(subject):
        found.setdefault(str(predicate), []).append(value(graph, term))
    return found


def look(text):
    warnings.clear()
    # Literals as they are written; pyshacl turns this back each time.
    rdflib.NORMALIZE_LITERALS = False
    graph = Graph().parse(data=text, format="json-ld")
    again = Graph().parse(data=graph.serialize(format="nt"), format="nt")
    told = {str(one): said(graph, one) for one in set(graph.subjects()) if isinstance(one, URIRef)}
    conforms, _, report = pyshacl.validate(graph, shacl_graph=shapes, inference="none")
    return {
        "graph": told,
        "again": len(again) == len(graph),
        "warnings": list(warnings),
        "report": "" if conforms else report,
        "languages": [str(term) for term in graph.objects() if isinstance(term, Literal) and term.language],
    }


print(json.dumps([look(one) for one in json.load(sys.stdin)]))
