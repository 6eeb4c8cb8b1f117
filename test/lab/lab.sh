#!/usr/bin/env bash
# A LAN of workstations with real container engines, on one Debian machine, as root.
# README.md beside this file says what the workstations are.
set -euo pipefail

LAB_DIR=${P2PIMG_LAB_DIR:-/var/lib/p2pimg-lab}
CACHE=${P2PIMG_LAB_CACHE:-/var/cache/p2pimg-lab}
CHROOT=$CACHE/docker-current
LOCK=/run/lock/p2pimg-lab
LAN=p2plab-lan
GATEWAY=10.77.0.1
CGROUP=p2plab

# name, address, engine
WORKSTATIONS='
ada     10.77.0.11 docker-containerd
bob     10.77.0.12 docker-containerd
cleo    10.77.0.13 docker-classic
dan     10.77.0.14 docker-20.10
eve     10.77.0.15 podman
nas     10.77.0.16 none
mallory 10.77.0.66 none
'
PACKAGES=(curl docker.io iproute2 mmdebstrap nftables podman skopeo tcpdump)

usage() {
	cat <<-END
	usage: lab.sh up | down | purge | status
	       lab.sh exec NAME COMMAND…
	       lab.sh engine start|stop|kill NAME
       lab.sh engine start NAME ENGINE
	       lab.sh packages PACKAGE…
	END
	exit 2
}

say() { printf 'lab: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

names() { awk 'NF { print $1 }' <<<"$WORKSTATIONS"; }
field() { awk -v name="$1" -v column="$2" '$1 == name { print $column }' <<<"$WORKSTATIONS"; }
address_of() { field "$1" 2; }
engine_of() { field "$1" 3; }
must_exist() { [[ -n $(address_of "${1:-}") ]] || die "no workstation '${1:-}': there are $(names | xargs)"; }

# No `f || …` around the functions below: bash would then go on after their failures.

in_parallel() { # FUNCTION: runs it once for each workstation, fails if one fails
	local name pids=() failed=0
	for name in $(names); do "$1" "$name" & pids+=($!); done
	for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
	return $failed
}

# --- packages and the current engine -----------------------------------------

install_packages() ( # PACKAGE…
	# dpkg-query fails where it has never heard of one of them.
	missing=$({ dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true; } |
		awk '$1 == "installed" { print $2 }' | sort | comm -13 - <(printf '%s\n' "$@" | sort))
	[[ -n $missing ]] || return 0
	say "installing $(xargs <<<"$missing")"
	policy=/usr/sbin/policy-rc.d
	if [[ ! -e $policy ]]; then # keeps the packages from starting services of their own
		trap 'rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy
	fi
	# shellcheck disable=SC2086
	apt_install $missing || { apt-get update -qq && apt_install $missing; }
)

apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

mirror() { # the archive that this machine's own apt uses
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' |
		awk '!/security/ && !seen[$0]++ { print; exit }'
}

build_chroot() {
	[[ ! -e $CHROOT/.complete ]] || return 0
	say 'building the chroot of the current Docker'
	local building=$CACHE/building link
	rm -rf --one-file-system "$building" "$CHROOT" && mkdir -p "$building"
	# Not every machine's keyring knows the keys of the next Debian, hence `trusted`;
	# in a mount namespace, so that an interrupted build leaves no mount behind.
	unshare --mount mmdebstrap --quiet --mode=root --variant=extract --include=docker.io,containerd,runc,ca-certificates \
		--aptopt='Acquire::Check-Valid-Until "false"' \
		forky "$building" "deb [trusted=yes] $(mirror) forky main" >"$CACHE/mmdebstrap.log" 2>&1 ||
		die "mmdebstrap failed: $CACHE/mmdebstrap.log"
	for link in bin sbin lib lib64; do # what base-files would have made, had it been configured
		[[ -e $building/$link ]] || ln -s "usr/$link" "$building/$link"
	done
	mkdir -p "$building"/{proc,sys,dev,run,tmp}
	touch "$building/.complete" && mv "$building" "$CHROOT"
}

# --- the LAN -----------------------------------------------------------------

make_lan() {
	[[ -e /run/netns/$LAN ]] || ip netns add $LAN
	ip -n $LAN link set lo up
	ip -n $LAN link show br0 &>/dev/null || ip -n $LAN link add br0 type bridge mcast_snooping 0
	ip -n $LAN address replace $GATEWAY/24 dev br0
	ip -n $LAN link set br0 up
	# A gateway without an uplink: whatever leaves the LAN is refused at once.
	nsenter --net=/run/netns/$LAN sysctl -qw net.ipv4.ip_forward=1
}

plug_in() { # NAME
	local name=$1 netns=p2plab-$1
	[[ $(ip -n "$netns" -brief address show eth0 2>/dev/null) != *' UP '*" $(address_of "$name")/24 "* ]] || return 0
	[[ -e /run/netns/$netns ]] || ip netns add "$netns"
	nsenter --net="/run/netns/$netns" sysctl -qw net.ipv6.conf.default.accept_dad=0
	ip -n "$netns" link set lo up
	if ! ip -n "$netns" link show eth0 &>/dev/null; then
		ip -n $LAN link delete "$name" 2>/dev/null || true # of a namespace that is no more
		ip -n $LAN link add "$name" type veth peer name eth0 netns "$netns"
	fi
	ip -n $LAN link set "$name" master br0 up
	ip -n "$netns" address replace "$(address_of "$name")/24" dev eth0
	ip -n "$netns" link set eth0 up
	ip -n "$netns" route replace default via $GATEWAY
	ip -n "$netns" route replace 224.0.0.0/4 dev eth0
}

# --- engines -----------------------------------------------------------------
# Each engine runs in mount, PID and UTS namespaces of its own: when its first
# process ends, everything it started and everything it mounted ends with it.

engine_pid() { # NAME: prints the process that holds the engine's namespaces, if it is alive
	pgrep --oldest --full "^unshare --mount --propagation private .* $LAB_DIR/$1/"
}

answers() { # NAME
	curl -sf --max-time 5 --unix-socket "$LAB_DIR/$1/engine.sock" http://engine/_ping >/dev/null
}

engine_command() { # NAME: prints the daemon's command line, one word a line
	local dir=$LAB_DIR/$1
	if [[ $(engine_of "$1") == podman ]]; then
		printf '%s\n' podman --root "$dir/data" --runroot "$dir/exec" --tmpdir "$dir/exec/tmp" \
			--storage-driver overlay --cgroup-manager cgroupfs --events-backend file \
			system service --time=0 "unix://$dir/engine.sock"
	else
		printf '%s\n' dockerd --config-file "$dir/daemon.json" --data-root "$dir/data" \
			--exec-root "$dir/exec" --pidfile "$dir/exec/dockerd.pid" -H "unix://$dir/engine.sock" \
			--bridge=none --iptables=false --ip6tables=false --cgroup-parent "/$CGROUP/$1"
	fi
}

docker_config() { # NAME
	local store
	case $(engine_of "$1") in
	docker-containerd) store='"features":{"containerd-snapshotter":true},"storage-driver":"overlayfs"' ;;
	docker-classic) store='"features":{"containerd-snapshotter":false},"storage-driver":"overlay2"' ;;
	*) store='"storage-driver":"overlay2"' ;;
	esac
	echo "{$store,\"insecure-registries\":[\"10.77.0.0/24\"]}" # the bench's registry has no certificate
}

# Runs inside the new namespaces. $1 is the chroot or /, $2 the lab, $3 the hostname.
# containerd wants its root to be a mount point.
INSIDE='
root=$1 lab=$2; shift 2
hostname "$1"; shift
if [ "$root" != / ]; then
	mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount --rbind /sys "$root/sys"
	mount --rbind /dev "$root/dev"
	mkdir -p "$root$lab"
	mount --bind "$lab" "$root$lab"
else
	mount -t proc proc /proc
fi
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/dev/shm"
exec chroot "$root" "$@"
'

start_engine() { # NAME
	local name=$1 dir=$LAB_DIR/$1 netns=/run/netns/p2plab-$1 root=/ pid command
	[[ $(engine_of "$name") != none ]] || return 0
	if pid=$(engine_pid "$name"); then
		[[ ! /proc/$pid/ns/net -ef $netns ]] || ! answers "$name" || return 0
		stop_engine "$name"
	fi
	case $(engine_of "$name") in docker-containerd | docker-classic) root=$CHROOT ;; esac
	rm -rf "$dir/exec" "$dir/engine.sock"
	mkdir -p "$dir/data" "$dir/exec/tmp" "$dir/tmp"
	docker_config "$name" >"$dir/daemon.json"
	mapfile -t command < <(engine_command "$name")
	(
		# The lock, and whatever the caller holds: an engine that inherits a lock keeps it for as long as it runs.
		for fd in /proc/"$BASHPID"/fd/*; do
			[[ ${fd##*/} -le 2 ]] || eval "exec ${fd##*/}>&-"
		done
		exec setsid nsenter --net="$netns" \
			env -i PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin HOME="$dir/home" TMPDIR="$dir/tmp" \
			unshare --mount --propagation private --pid --fork --kill-child --uts \
			sh -euc "$INSIDE" engine "$root" "$LAB_DIR" "$name" "${command[@]}" \
			</dev/null >>"$dir/engine.log" 2>&1
	) &
	pid=$!
	for _ in {1..300}; do
		answers "$name" && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 20 "$dir/engine.log" >&2
	die "the engine of $name did not start: $dir/engine.log"
}

stop_engine() { # NAME
	local pid
	pid=$(engine_pid "$1") || return 0
	pkill -TERM --parent "$pid" || true
	for _ in {1..150}; do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	pkill -KILL --parent "$pid" || true # the first process of the namespace takes all others with it
	rm -f "$LAB_DIR/$1/engine.sock"
}

kill_engine() { # NAME: as if its machine lost power; what it had written to files stays
	local pid
	pid=$(engine_pid "$1") || return 0
	pkill -KILL --parent "$pid" || true
	for _ in {1..150}; do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
}

# --- commands ----------------------------------------------------------------

add_workstation() { # NAME
	mkdir -p "$LAB_DIR/$1/home" "$LAB_DIR/$1/run" && chmod 700 "$LAB_DIR/$1/run"
	plug_in "$1"
	start_engine "$1"
}

up() {
	local building=
	mkdir -p "$LAB_DIR" "$CACHE"
	if [[ ! -e $CHROOT/.complete ]]; then
		command -v mmdebstrap >/dev/null || install_packages mmdebstrap
		build_chroot 9>&- & building=$!
	fi
	install_packages "${PACKAGES[@]}"
	[[ -z $building ]] || wait $building
	make_lan
	in_parallel add_workstation
}

remove_workstation() { # NAME
	local name=$1 netns=p2plab-$1 pid
	pid=$(engine_pid "$name") && pkill -KILL --parent "$pid" || true # ends its PID namespace
	if [[ -e /run/netns/$netns ]]; then
		ip netns pids "$netns" 2>/dev/null | xargs -r kill -KILL 2>/dev/null || true
		for _ in {1..50}; do
			[[ -n $(ip netns pids "$netns" 2>/dev/null) ]] || break
			sleep 0.1
		done
		ip netns delete "$netns" || true
	fi
	# What a test that was killed left mounted there.
	awk -v below="$LAB_DIR/$name/" 'index($2, below) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount --lazy || true
	for _ in {1..50}; do # a dying engine's mounts keep its folders busy for a moment
		rm -rf --one-file-system "${LAB_DIR:?}/$name" 2>/dev/null && break
		sleep 0.1
	done
	[[ ! -e $LAB_DIR/$name ]] || die "$LAB_DIR/$name cannot be removed"
}

remove_cgroups() {
	local parent # libpod_parent is Podman's, which can't be told another name; a busy one stays
	for parent in /sys/fs/cgroup{,/*}/{"$CGROUP",libpod_parent}; do
		[[ ! -d $parent ]] || find "$parent" -depth -type d -exec rmdir {} + 2>/dev/null || true
	done
}

down() {
	in_parallel remove_workstation
	[[ ! -e /run/netns/$LAN ]] || ip netns delete $LAN
	remove_cgroups
	rmdir "$LAB_DIR" 2>/dev/null || true
	# `ip netns` makes its folder a mount point for good: undo that when it is empty.
	if mountpoint -q /run/netns && [[ -z $(ls -A /run/netns) ]]; then umount /run/netns && rmdir /run/netns; fi
}

status() {
	local name address engine state
	while read -r name address engine; do
		[[ -n $name ]] || continue
		state=down
		if [[ -e /run/netns/p2plab-$name ]]; then
			state=up
			[[ $engine == none ]] || answers "$name" || state='up, engine stopped'
		fi
		printf '%-8s %-11s %-18s %-18s %s\n' "$name" "$address" "$engine" "$state" \
			"$([[ $engine == none ]] || echo "$LAB_DIR/$name/engine.sock")"
	done <<<"$WORKSTATIONS"
}

exec_in() { # NAME COMMAND…: with the workstation's network, hostname, home and engine
	local name=$1 dir=$LAB_DIR/$1; shift
	[[ -e /run/netns/p2plab-$name ]] || die "$name is not up: run lab.sh up"
	unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME DOCKER_HOST DOCKER_CONTEXT DOCKER_CONFIG
	export HOME=$dir/home XDG_RUNTIME_DIR=$dir/run
	[[ $(engine_of "$name") == none ]] || export DOCKER_HOST=unix://$dir/engine.sock
	exec nsenter --net="/run/netns/p2plab-$name" unshare --uts \
		sh -c 'hostname "$1" && shift && exec "$@"' sh "$name" "$@"
}

locked() { # one `up`, `down` or `engine` at a time
	mkdir -p "${LOCK%/*}"
	exec 9>"$LOCK" && flock 9
	"$@"
}

[[ $EUID == 0 ]] || die 'needs root'
case ${1:-} in
up) locked up; status ;;
down) locked down ;;
purge) locked down; rm -rf --one-file-system "${CACHE:?}" ;;
status) status ;;
packages) locked install_packages "${@:2}" ;;
exec) [[ $# -ge 3 ]] || usage; must_exist "$2"; exec_in "${@:2}" ;;
engine)
	must_exist "${3:-}"
	case $2 in
	start)
		# Another kind than NAME's own, on what that one left.
		[[ -z ${4:-} ]] || WORKSTATIONS=$(awk -v name="$3" -v engine="$4" '$1 == name { $3 = engine } 1' <<<"$WORKSTATIONS")
		locked start_engine "$3"
		;;
	stop) locked stop_engine "$3" ;;
	kill) locked kill_engine "$3" ;;
	*) usage ;;
	esac ;;
*) usage ;;
esac
