#!/usr/bin/env bash
# The evening before, on the teacher's laptop: pulls what the workshop needs, and shares that alone.
set -euo pipefail
cd "$(dirname "$0")"

mapfile -t images < <(grep -Ev '^[[:space:]]*(#|$)' images.txt)

p2pimg up >/dev/null
p2pimg get --or-pull "${images[@]}"
p2pimg hide '*'
p2pimg share "${images[@]}"
# more at once makes each slower; those who have it already give it on
p2pimg limit uploads 4
p2pimg team show
