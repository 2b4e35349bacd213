#!/bin/sh
# Make the base image NAME from Debian's packages, where no registry of images can be reached: base.sh NAME
# Needs root and apt-get install buildah mmdebstrap.
set -eu
name=${1:?expected the name of the image, as localhost/python:base}
packages=ca-certificates,libgomp1,python3,python3-venv
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mmdebstrap --quiet --variant=minbase --include="$packages" trixie "$folder/root.tar"
container=$(buildah from scratch)
buildah add -q "$container" "$folder/root.tar" /
buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
buildah commit -q "$container" "$name"
buildah rm "$container" >/dev/null
