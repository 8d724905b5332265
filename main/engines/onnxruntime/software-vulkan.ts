/**
 * WebGPU on a machine without a GPU: SwiftShader, the software Vulkan driver that comes with Debian's Chromium. Slow, good
 * for checking that the numbers are right, never chosen by itself.
 */
import { existsSync, readdirSync } from 'node:fs';

/** What the kernel shows of a GPU: NVIDIA's, Windows' under WSL, and everybody else's render nodes. */
const GPU_DEVICES = ['/dev/nvidia0', '/dev/dxg'];
const RENDER_NODES = '/dev/dri';
const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** True when this process's Vulkan is the software driver, which it is made to be where there is no GPU. */
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
