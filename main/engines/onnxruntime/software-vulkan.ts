/**
 * WebGPU on a machine without a GPU: SwiftShader, the software Vulkan driver that comes with Debian's Chromium. Slow, good
 * for checking that the numbers are right, never chosen by itself.
 */
import { existsSync } from 'node:fs';

const DRIVER_FOLDERS = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];
const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** True when this process's Vulkan is the software driver, which it is made to be when no other is installed. */
export function useSoftwareVulkanIfAlone(): boolean {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = process.env;
  const chosen = VK_DRIVER_FILES ?? VK_ICD_FILENAMES;
  if (chosen) return chosen === SOFTWARE_DRIVER;
  const alone = process.platform === 'linux' && !DRIVER_FOLDERS.some(existsSync) && existsSync(SOFTWARE_DRIVER);
  if (!alone) return false;
  process.env.VK_DRIVER_FILES = SOFTWARE_DRIVER;
  process.env.VK_ICD_FILENAMES = SOFTWARE_DRIVER;
  return true;
}
