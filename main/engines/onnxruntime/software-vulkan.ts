/**
 * WebGPU on a machine without a GPU: SwiftShader, the software Vulkan driver that comes with Debian's Chromium. Slow;
 * useful for checking correctness, and never chosen automatically.
 */
import { existsSync, readdirSync } from 'node:fs';

/** Signs of a GPU in /dev: NVIDIA's, Windows' under WSL, and the render nodes of all others. */
const GPU_DEVICES = ['/dev/nvidia0', '/dev/dxg'];
const RENDER_NODES = '/dev/dri';
const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Makes this process use the software Vulkan driver if there is no GPU; returns true if it does. */
export function useSoftwareVulkanIfAlone(): boolean {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = process.env;
  const chosen = VK_DRIVER_FILES ?? VK_ICD_FILENAMES;
  if (chosen) return chosen === SOFTWARE_DRIVER;
  if (process.platform !== 'linux' || hasGpu() || !existsSync(SOFTWARE_DRIVER)) return false;
  process.env.VK_DRIVER_FILES = SOFTWARE_DRIVER;
  process.env.VK_ICD_FILENAMES = SOFTWARE_DRIVER;
  return true;
}

function hasGpu(): boolean {
  if (GPU_DEVICES.some((path) => existsSync(path))) return true;
  return existsSync(RENDER_NODES) && readdirSync(RENDER_NODES).some((name) => name.startsWith('renderD'));
}
