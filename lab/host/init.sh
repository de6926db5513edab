#!/bin/bash
# PID 1 of a lab host, in its own namespaces. Killing it is a power failure: libvirtd, every qemu and the agent die with it.
# OVERT_LAB_DIR: the host's own tree. OVERT_LAB_CONTROLLERS: cgroup v1 hierarchies that hold a group of the host's own.
set -eu
dir=$OVERT_LAB_DIR
mount --make-rprivate /
hostname "$(cat "$dir/etc/hostname")"
for p in libvirt:/etc/libvirt lib:/var/lib/libvirt log:/var/log/libvirt cache:/var/cache/libvirt; do
  mkdir -p "${p#*:}" # libvirtd makes its folders at its first start, and there may have been none
  mount --bind "$dir/${p%%:*}" "${p#*:}"
done
for f in hosts hostname machine-id; do
  if [ -e /etc/$f ]; then mount --bind "$dir/etc/$f" /etc/$f; fi
done
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock /run/libvirt

# A private /dev without kvm: many machines that run this have a /dev/kvm that opens but starts no guest. It must be absent,
# not masked by /dev/null: libvirt would find KVM usable but unknown to qemu, and probe qemu anew at every start.
mkdir /run/dev
mount -t tmpfs -o mode=755,dev dev /run/dev
cd /run/dev
mkdir net pts shm mapper hugepages mqueue
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 fuse:10:229 net/tun:10:200 loop-control:10:237; do
  IFS=: read -r node major minor <<<"$device"
  mknod -m 666 "$node" c "$major" "$minor"
done
for k in 0 1 2 3 4 5 6 7; do mknod -m 660 loop$k b 7 $k; done
ln -s /proc/self/fd fd
ln -s fd/0 stdin
ln -s fd/1 stdout
ln -s fd/2 stderr
ln -s pts/ptmx ptmx
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts pts
mount -t tmpfs shm shm
cd /
umount -R -l /dev # else libvirt's per-VM /dev trips over mounts that are there twice
mount --move /run/dev /dev

if [ -n "$OVERT_LAB_CONTROLLERS" ]; then
  mount -t tmpfs cgroup /sys/fs/cgroup
  for c in $OVERT_LAB_CONTROLLERS; do
    mkdir "/sys/fs/cgroup/$c"
    mount -t cgroup -o "$c" cgroup "/sys/fs/cgroup/$c"
  done
fi

/usr/sbin/virtlogd --daemon
/usr/sbin/libvirtd --daemon --listen
trap 'exit 0' TERM INT
while :; do # bash reaps the orphans meanwhile
  sleep 3600 &
  wait $!
done
