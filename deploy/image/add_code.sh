#!/bin/sh
# Install Shortlist into /opt/shortlist, and list what is in there as CycloneDX:
# podman run --rm --entrypoint cat IMAGE /opt/shortlist/sbom.json
set -eu
/opt/shortlist/bin/pip install -q --no-cache-dir --no-deps /opt/code/wheels/*.whl
/opt/code/bin/cyclonedx-py environment --output-reproducible -o /opt/shortlist/sbom.json /opt/shortlist/bin/python3
