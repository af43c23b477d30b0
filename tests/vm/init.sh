#!/bin/busybox sh
# The first process of the virtual machine: lays a file system in memory over the host's, and goes on in that.
export PATH=/bin
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /host /changes /system
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
echo "rekam: started" >/dev/console

fail() {
    echo "rekam: $1"
    poweroff -f
}

while read -r module parameters; do
    # Word by word: these are parameters of the module.
    insmod "/modules/$module.ko" $parameters || fail "the module $module does not load"
done </modules/order

mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000 host /host || fail "no host's file system"
mount -t tmpfs -o size=60% changes /changes
mkdir /changes/upper /changes/work
mount -t overlay -o lowerdir=/host,upperdir=/changes/upper,workdir=/changes/work overlay /system || fail "no overlay"
mount -t proc proc /system/proc
mount -t sysfs sysfs /system/sys
mount --move /dev /system/dev
mount -t tmpfs -o mode=755 run /system/run
mkdir -p /system/dev/pts /system/dev/shm /system/run/lock /system/run/rekam-vm
mount -t devpts -o mode=620,ptmxmode=666 devpts /system/dev/pts
mount -t tmpfs shm /system/dev/shm
cp /bin/busybox /environment /system/run/rekam-vm/
. /environment
chroot /system /run/rekam-vm/busybox sh "$REKAM_VM_CHECKOUT/tests/vm/session.sh"
poweroff -f
