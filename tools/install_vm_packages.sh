#!/usr/bin/env bash
# Installs QEMU and busybox for `make test-vm`, and unpacks Debian's kernel and udev into a folder of the checkout:
# nothing of these two is installed, and /boot stays as it is.
set -euo pipefail

folder=${1:-.venv/vm}

packages=(qemu-system-x86 busybox-static)
missing=()
for package in "${packages[@]}"; do
    if ! dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
        missing+=("$package")
    fi
done
if [ "${#missing[@]}" -gt 0 ] && [ "$(id -u)" -ne 0 ]; then
    echo "These Debian packages are needed and missing: ${missing[*]}" >&2
    echo "Install them with: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi
unpacked=$folder/unpacked
if [ "${#missing[@]}" -eq 0 ] && [ -e "$unpacked/complete" ]; then
    exit 0
fi
if [ "$(id -u)" -eq 0 ]; then
    apt-get update -qq
fi
if [ "${#missing[@]}" -gt 0 ]; then
    echo "Installing ${missing[*]}"
    DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if [ -e "$unpacked/complete" ]; then
    exit 0
fi

# linux-image-amd64 is empty and depends on the newest kernel.
kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
if [ -z "$kernel" ]; then
    echo "apt knows no kernel behind linux-image-amd64; run apt-get update, and see /etc/apt/sources.list" >&2
    exit 1
fi
echo "Unpacking $kernel and udev into $unpacked"
rm -rf "$unpacked"
mkdir -p "$unpacked"
download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
(cd "$download" && apt-get download -qq -o APT::Sandbox::User=root "$kernel" udev)
for package in "$download"/*.deb; do
    dpkg-deb --extract "$package" "$unpacked"
done
touch "$unpacked/complete"
