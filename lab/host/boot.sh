#!/bin/bash
# boot.sh NAME DIR   Powers a lab host on: makes its namespaces and cgroups and runs init.sh as its PID 1.
#
# NAME is the network namespace, already there and cabled, and the name of the cgroups. DIR is the host's own tree.
# Only cgroup v1 controllers are handed in: where the machine has none, libvirt runs its VMs without cgroups.
set -eu
name=$1 dir=$2 controllers=
for c in cpu cpuacct cpuset memory devices freezer blkio; do
  [ -e /sys/fs/cgroup/$c/tasks ] || continue
  hierarchy=$(realpath /sys/fs/cgroup/$c) # cpu and cpuacct may be links to one hierarchy
  case " $controllers " in *" ${hierarchy##*/} "*) continue ;; esac
  mkdir -p "$hierarchy/$name"
  if [ -e "$hierarchy/cpuset.cpus" ]; then
    cat "$hierarchy/cpuset.cpus" >"$hierarchy/$name/cpuset.cpus"
    cat "$hierarchy/cpuset.mems" >"$hierarchy/$name/cpuset.mems"
  fi
  echo $$ >"$hierarchy/$name/cgroup.procs"
  controllers="$controllers ${hierarchy##*/}"
done
export OVERT_LAB_DIR=$dir OVERT_LAB_CONTROLLERS=$controllers
exec ip netns exec "$name" unshare --cgroup --mount --uts --ipc --pid --fork --kill-child --mount-proc "$(dirname "$0")/init.sh"
