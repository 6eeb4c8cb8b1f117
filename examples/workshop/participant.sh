#!/usr/bin/env bash
# At nine o'clock, on each laptop: joins (asks for the invite), and gets the images from whoever has them.
set -euo pipefail
cd "$(dirname "$0")"

mapfile -t images < <(grep -Ev '^[[:space:]]*(#|$)' images.txt)

p2pimg up -
p2pimg get "${images[@]}"
p2pimg status
