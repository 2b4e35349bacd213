#!/bin/sh
# Make the base image NAME from Debian's packages, where no registry of images can be reached: base.sh NAME [SUITE]
# trixie has Python 3.13, bookworm 3.11. Needs root and apt-get install buildah mmdebstrap.
set -eu
name=${1:?expected the name of the image, as localhost/python:base}
suite=${2:-trixie}
packages=ca-certificates,libgomp1,python3,python3-venv
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mmdebstrap --quiet --variant=minbase --include="$packages" --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' "$suite" "$folder/root.tar"
container=$(buildah from scratch)
buildah add -q "$container" "$folder/root.tar" /
buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
buildah commit -q "$container" "$name"
buildah rm "$container" >/dev/null
