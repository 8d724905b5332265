#!/usr/bin/env bash
# What the tests use beyond npm's packages: Chromium, whose software Vulkan driver stands in for a GPU, and the Vulkan
# loader. Installed where that is possible without asking anybody (root on Debian); elsewhere the tests that need them are
# skipped, and reported as skipped.
set -u
missing=()
[ -e /usr/lib/chromium/vk_swiftshader_icd.json ] || missing+=(chromium)
ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1' || missing+=(libvulkan1)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Tests on WebGPU are skipped: ${missing[*]} not installed, and this is not root on Debian." >&2
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/dev/null 2>&1 ||
  echo "Tests on WebGPU are skipped: ${missing[*]} could not be installed." >&2
exit 0
