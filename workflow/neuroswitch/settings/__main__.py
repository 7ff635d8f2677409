"""Print the JSON schema of the configuration: `make schema`."""

import json

from neuroswitch.settings import json_schema

print(json.dumps(json_schema(), indent=2, sort_keys=True))
