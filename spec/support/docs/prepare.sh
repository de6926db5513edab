#!/bin/bash
# prepare.sh NAME   Makes the lab host it runs in a machine as the documentation expects one, bare; what is changed on it is gone
# with it. DOCS_PROJECT is the tree under test, DOCS_SHARED a folder all machines share, DOCS_HOSTS lines for /etc/hosts.
set -euo pipefail
name=$1
mkdir -p /run/private
mount -t tmpfs -o mode=755 private /run/private

# overlay FOLDER [MOUNT ...]   From now on what is written there stays here; what is mounted under it stays mounted.
overlay() {
  local folder=$1 place=/run/private/overlay$1 mounted
  shift
  mkdir -p "$place/upper" "$place/work" "$place/merged"
  mount -t overlay overlay -o "lowerdir=$folder,upperdir=$place/upper,workdir=$place/work" "$place/merged"
  for mounted; do if [ -e "$folder/$mounted" ]; then mount --bind "$folder/$mounted" "$place/merged/$mounted"; fi; done
  mount --rbind "$place/merged" "$folder"
}
overlay /etc libvirt hosts hostname machine-id
overlay /var/lib libvirt
overlay /var/cache libvirt
for folder in /usr/local /usr/lib /opt /srv /root; do overlay $folder; done
echo "$DOCS_HOSTS" >/etc/hosts
hostname "$name"
mount --bind "$DOCS_LAB/bin" /usr/local/sbin
for program in node npm; do
  found=$(PATH=$DOCS_PATH command -v $program)
  ln -sf "$(readlink -f "$found")" /usr/local/bin/$program
done
mkdir -p /srv/vms /etc/network
mount --bind "$DOCS_SHARED" /srv/vms

case $name in
  engine)
    mkdir -p /opt/overt /run/private/overt/upper /run/private/overt/work
    mount -t overlay overlay -o "lowerdir=$DOCS_PROJECT,upperdir=/run/private/overt/upper,workdir=/run/private/overt/work" /opt/overt
    ;;
  *)
    # The lab's hosts come with their bridges; a bare machine has its address on its card.
    address=$(ip -4 -brief address show dev ovirtmgmt | awk '{ print $3 }')
    ip link del ovirtmgmt
    ip link del vmnet
    ip address add "$address" dev eth0
    sed -i '/^vnc_listen/d' /etc/libvirt/qemu.conf
    mkdir -p /run/units
    cp /run/libvirtd.pid /run/units/libvirtd.pid
    systemctl restart libvirtd
    ;;
esac
