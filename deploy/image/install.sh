#!/bin/sh
# Install the dependencies of a kind of image (dependencies.py) into /opt/shortlist, without what only their developers
# need: symbols of libraries, headers, tests. install.sh KIND [ARGUMENT OF PIP...]
set -eu
kind=${1:?expected a kind of image}
shift
python3 -m venv /opt/shortlist
python3 dependencies.py "$kind" > "$kind.txt"
# The index of PyTorch has builds for CPUs; PyPI's need gigabytes of CUDA.
/opt/shortlist/bin/pip install -q -c constraints.txt --extra-index-url "$TORCH_INDEX" -r "$kind.txt" "$@"
cd /opt/shortlist/lib/python3*/site-packages
find . -type d '(' -name tests -o -path '*/backend/test' ')' -prune -exec rm -rf {} +
rm -rf torch/bin/protoc* torch/include torch/share
# Not the libraries of auditwheel in *.libs: older versions of strip break them.
find . -type f '(' -name '*.so' -o -name '*.so.[0-9]*' ')' ! -path '*.libs/*' -exec strip --strip-unneeded {} +
