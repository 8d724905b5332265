/** The devices that this machine's tests run on. WebGPU runs on a software driver where one is installed. */
import type { DeviceKind } from '../../../main/engines/engine.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { supportedProviders } from '../../../main/engines/onnxruntime/providers.ts';
import { useSoftwareVulkanIfAlone } from '../../../main/engines/onnxruntime/software-vulkan.ts';
import { GraphBuilder } from '../../../main/graph/graph-builder.ts';
import { relu } from '../../../main/graph/ops/relu.ts';

export interface TestedDevice {
  readonly device: DeviceKind;
  readonly present: boolean;
}

/** `cpu`, always there, and `webgpu`, whose tests are skipped, and reported as skipped, where it cannot start. */
export async function testedDevices(): Promise<TestedDevice[]> {
  return [
    { device: 'cpu', present: true },
    { device: 'webgpu', present: await webgpuStarts() },
  ];
}

async function webgpuStarts(): Promise<boolean> {
  if (!supportedProviders().includes('webgpu')) return false;
  useSoftwareVulkanIfAlone();
  const graph = new GraphBuilder();
  graph.output('y', graph.applyOne(relu, [graph.input('x', [1])], {}));
  try {
    const session = await onnxRuntimeEngine.prepare(graph.build(), new Map(), { device: 'webgpu' });
    await session.dispose();
    return true;
  } catch {
    return false;
  }
}
