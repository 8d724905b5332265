/** The device doctor: what will run where, how right, how fast, and what room there is. */

export interface DeviceInfo {
  /** As it is written in a recipe, such as `cpu` or `cuda:1`. */
  readonly device: string;
  /** For people. */
  readonly name: string;
  /** It is the processor, whichever way. */
  readonly onProcessor: boolean;
  readonly precisions: readonly string[];
  /** Null where the device does not say. */
  readonly memoryBytes: number | null;
  /** A stand-in for a GPU, for checking only. */
  readonly software: boolean;
  readonly works: boolean;
  /** Why it cannot be used. */
  readonly reason: string | null;
  readonly worstError: number | null;
  readonly imagesPerSecond: number | null;
  /** The same in bfloat16; null where the device has none of it. */
  readonly bf16: { readonly worstError: number; readonly imagesPerSecond: number } | null;
}

export interface DevicesView {
  /** Null until the first examination of this start is done. */
  readonly devices: readonly DeviceInfo[] | null;
  readonly chosen: string | null;
  readonly why: string | null;
  readonly memoryBytes: number;
  readonly memoryFreeBytes: number;
  readonly cores: number;
  /** Where the open project is, or the home folder. */
  readonly diskFreeBytes: number;
  readonly disk: string;
}
