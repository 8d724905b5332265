#!/usr/bin/env bash
# What the tests need beyond npm's packages: Chromium, whose software Vulkan driver replaces a GPU, and the Vulkan loader.
# Chromium's headless shell draws pages at lower cost than the whole browser, which also works. Installed if that is possible
# without asking anybody (root on Debian); elsewhere the tests that need them are skipped, and reported as skipped.
set -u
has_browser() { [ -e /usr/bin/chromium ] || [ -e /usr/bin/chromium-browser ] || [ -e /usr/bin/google-chrome ]; }
has_software_gpu() { [ -e /usr/lib/chromium/vk_swiftshader_icd.json ]; }
has_vulkan() { ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1'; }

wanted=()
[ -e /usr/bin/chromium-headless-shell ] && has_software_gpu || wanted+=(chromium-headless-shell)
has_vulkan || wanted+=(libvulkan1)
[ ${#wanted[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
  export DEBIAN_FRONTEND=noninteractive
  get() { apt-get install -y -qq --no-install-recommends "$@"; }
  {
    # Update the package lists only if the present ones do not suffice.
    get "${wanted[@]}" || { apt-get update -qq && for package in "${wanted[@]}"; do get "$package"; done; }
    [ -e /usr/bin/chromium-headless-shell ] || has_browser || get chromium
  } >/dev/null 2>&1
fi
[ -e /usr/bin/chromium-headless-shell ] || has_browser ||
  echo "Tests in a browser are skipped: there is no Chromium, and it could not be installed." >&2
has_software_gpu && has_vulkan ||
  echo "Tests on WebGPU are skipped: Chromium's software GPU or libvulkan1 is missing, and could not be installed." >&2
exit 0
