/** The device doctor: which devices work, how accurate and fast they are, and the available memory and disk. */

export interface DeviceInfo {
  /** As written in a recipe, such as `cpu` or `cuda:1`. */
  readonly device: string;
  /** The name to display. */
  readonly name: string;
  /** Whether it computes on the processor, through whichever provider. */
  readonly onProcessor: boolean;
  readonly precisions: readonly string[];
  /** Null if the device does not report it. */
  readonly memoryBytes: number | null;
  /** A software GPU, for checking only. */
  readonly software: boolean;
  readonly works: boolean;
  /** Why it cannot be used. */
  readonly reason: string | null;
  readonly worstError: number | null;
  readonly imagesPerSecond: number | null;
  /** The same in bfloat16; null if the device does not support it. */
  readonly bf16: { readonly worstError: number; readonly imagesPerSecond: number } | null;
}

export interface DevicesView {
  /** Null until the first examination since the start is done. */
  readonly devices: readonly DeviceInfo[] | null;
  readonly chosen: string | null;
  readonly why: string | null;
  readonly memoryBytes: number;
  readonly memoryFreeBytes: number;
  readonly cores: number;
  /** On the disk of the open project, or of the home folder. */
  readonly diskFreeBytes: number;
  readonly disk: string;
}
