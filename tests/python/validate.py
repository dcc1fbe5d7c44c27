"""What Python's jsonschema and PyYAML make of documents.

A line of JSON each comes in: {"schema": path, "yaml": text}. The text is read as
YAML 1.1, as Kubernetes reads it, and judged by the schema of the path below the
folder that the command line names. {"data": …, "errors": [message]} goes out, or
{"unreadable": message}.
"""

import json
import sys
from functools import cache
from pathlib import Path

import jsonschema
import yaml

FOLDER = Path(sys.argv[1])


class Loader(yaml.SafeLoader):
    """Without time stamps: Kubernetes keeps them as text."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, regex) for tag, regex in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@cache
def validator(path):
    schema = json.loads((FOLDER / path).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def answer(question):
    try:
        data = yaml.load(question["yaml"], Loader)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        return {"unreadable": str(error)}
    errors = validator(question["schema"]).iter_errors(data)
    return {"data": data, "errors": [f"{error.json_path}: {error.message}" for error in errors]}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line)), default=str))
