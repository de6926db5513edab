#!/bin/bash
# off.sh NAME   Ends every process in the network namespace NAME, then the namespace and the cgroups of that name.
set -u
name=$1
for _ in $(seq 200); do
  pids=$(ip netns pids "$name" 2>/dev/null)
  [ -z "$pids" ] && break
  kill -KILL $pids 2>/dev/null
  sleep 0.05
done
ip netns del "$name"
for group in /sys/fs/cgroup/*/"$name"; do
  [ -d "$group" ] || continue
  for _ in $(seq 100); do # a group can be removed only after its last process was reaped
    find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -d "$group" ] || break
    sleep 0.05
  done
done
