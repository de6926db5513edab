#!/bin/bash
# keeper.sh SLOT   Holds a slot for a lab and takes the lab down when its owner closes the pipe or dies, however it dies.
#
# Run by slot.ts under flock(1). Says "claimed" once whatever an earlier lab may have left in the slot is gone, then waits
# for the end of its standard input. Everything of a lab carries the slot in its name, so nothing needs to be remembered.
set -u
slot=$1
state=/run/overt-lab/$slot
trap '' INT TERM HUP # the terminal's Ctrl-C is for the owner, who then lets go

take_down() {
  ip link show "ol$slot" >/dev/null 2>&1 && ip link del "ol$slot"
  for namespace in $(ip netns list | awk -v n="overt-lab-$slot-" 'index($1, n) == 1 { print $1 }'); do
    "$(dirname "$0")/host/off.sh" "$namespace" &
  done
  wait
  if [ -z "$(ls /run/netns 2>/dev/null)" ]; then umount /run/netns 2>/dev/null; fi # ip(8) mounts it and never unmounts
  if [ -f "$state/temporary" ]; then
    for _ in $(seq 50); do # others that end with the owner may still be writing
      rm -rf -- "$(cat "$state/temporary")" 2>/dev/null && break
      sleep 0.1
    done
  fi
  rm -rf "$state"
}

take_down
mkdir -p "$state"
echo claimed
cat >/dev/null
take_down
