#!/usr/bin/env bash
# Installs the Debian packages that the gateway and its tests need, or says which are missing.
set -euo pipefail

# pyscard has no wheel, so swig and PC/SC's headers build it; the rest are the peers that tests run against.
packages=(
    libusb-1.0-0 umockdev
    libpcsclite-dev swig pcscd vsmartcard-vpcd vsmartcard-vpicc python3-pycryptodome
    aravis-tools
    softhsm2
    postgresql
    opensc opensc-pkcs11
    chromium
)
missing=()
for package in "${packages[@]}"; do
    if ! dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
        missing+=("$package")
    fi
done
if [ "${#missing[@]}" -eq 0 ]; then
    exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "These Debian packages are needed and missing: ${missing[*]}" >&2
    echo "Install them with: sudo apt-get install ${missing[*]}" >&2
    exit 1
fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install --yes -qq --no-install-recommends "${missing[@]}" >/dev/null
