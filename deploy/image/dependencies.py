"""Print the dependencies of pyproject.toml in the working folder, with those of the extras that are named."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = [one for name in sys.argv[1:] for one in project["optional-dependencies"][name]]
sys.stdout.write("\n".join([*project["dependencies"], *extras]) + "\n")
