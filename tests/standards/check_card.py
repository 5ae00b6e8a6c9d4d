"""What the package `huggingface_hub` makes of model cards: JSON on standard input, what it read on standard output."""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

from huggingface_hub import ModelCard


def look(text):
    card = ModelCard(text)
    again = ModelCard(str(card))
    return {
        "data": card.data.to_dict(),
        "text": card.text,
        "again": again.data.to_dict() == card.data.to_dict() and again.text == card.text,
    }


print(json.dumps([look(one) for one in json.load(sys.stdin)]))
