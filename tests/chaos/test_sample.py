"""A sample of chaos: the named cases, and three seeds that have all group protocols and both APIs among them.
`tests/run --chaos N` runs as many as are wanted."""

import os
import pathlib
import sys

RUN = pathlib.Path(__file__).with_name("run")

os.execv(sys.executable, [sys.executable, "-B", RUN, "--seeds", "3", "--first", "16"])
