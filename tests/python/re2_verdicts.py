"""What RE2 says about expressions.

A line of JSON each: {"expression": text, "texts": [bytes in hexadecimal]} comes
in, and goes out as null when RE2 refuses the expression, or else as a list with,
for each text, 1 for a match of all of it, 2 for one at its start and 4 for one
anywhere, added up.
"""

import json
import sys

import re2

# Memory is the engine's affair, not the language's.
OPTIONS = re2.Options()
OPTIONS.max_mem = 1 << 28
OPTIONS.log_errors = False


def verdicts(question):
    try:
        expression = re2.compile(question["expression"], OPTIONS)
    except re2.error:
        return None
    return [verdict(expression, bytes.fromhex(text)) for text in question["texts"]]


def verdict(expression, text):
    whole = expression.fullmatch(text) is not None
    start = expression.match(text) is not None
    anywhere = expression.search(text) is not None
    return whole + 2 * start + 4 * anywhere


for line in sys.stdin:
    print(json.dumps(verdicts(json.loads(line))))
