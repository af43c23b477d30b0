# What the virtual machine does once it sees the host's files: udev and pcscd, then the tests, then an end.
. /run/rekam-vm/environment
busybox=/run/rekam-vm/busybox
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8

$busybox ip link set lo up

# pcscd, and the links below /dev/serial, need udev; there is none on a machine without systemd.
cp -a "$REKAM_VM_UNPACKED/lib/udev/." /lib/udev/
cp -a "$REKAM_VM_UNPACKED/bin/udevadm" /bin/udevadm
mkdir -p /lib/systemd
ln -sf /bin/udevadm /lib/systemd/systemd-udevd
export SYSTEMD_IGNORE_CHROOT=1
/lib/systemd/systemd-udevd --daemon
udevadm trigger --action=add
udevadm settle --timeout=60

# Without the host's /etc/reader.conf.d, where vsmartcard's virtual reader may be.
mkdir -p /run/pcscd
: >/run/rekam-vm/reader.conf
LIBCCID_ifdLogLevel=${REKAM_VM_CCID_LOG:-1} /usr/sbin/pcscd --foreground ${REKAM_VM_CCID_LOG:+--debug} --config /run/rekam-vm/reader.conf >/run/rekam-vm/pcscd.log 2>&1 &

for port in /sys/class/virtio-ports/*; do
    if [ "$(cat "$port/name")" = rekam.output ]; then
        output=/dev/${port##*/}
    fi
done
cd "$REKAM_VM_CHECKOUT" || exit
eval "set -- $REKAM_VM_ARGUMENTS"
.venv/bin/python -m pytest -p no:cacheprovider --timeout=${REKAM_VM_TIMEOUT:-240} "$@" >"$output" 2>&1
echo "rekam: pytest ended with $?, pcscd said:"
tail -n ${REKAM_VM_PCSCD_LINES:-20} /run/rekam-vm/pcscd.log
