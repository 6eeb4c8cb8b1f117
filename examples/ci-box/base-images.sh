#!/usr/bin/env bash
# Before a build: the base images of these Dockerfiles from the LAN, and from the registry what nobody there has.
# base-images.sh [Dockerfile…]; ends as p2pimg does, and with 0 where there is nothing to get.
set -euo pipefail

[ "$#" -gt 0 ] || set -- Dockerfile

# FROM [--platform=…] image [AS stage]; not scratch, not a stage of the same file, not a name with a variable
base_images() {
  awk '
    toupper($1) == "FROM" {
      at = 2
      while ($at ~ /^--/) at++
      image = $at
      if (toupper($(at + 1)) == "AS") stages[tolower($(at + 2))] = 1
      if (image != "scratch" && image !~ /[$]/ && !(tolower(image) in stages)) print image
    }
  ' "$@" | sort -u
}

mapfile -t images < <(base_images "$@")
[ "${#images[@]}" -gt 0 ] || exit 0
exec p2pimg get --or-pull --quiet "${images[@]}"
