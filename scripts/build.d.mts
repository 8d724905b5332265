/** Bundles what runs under Node into dist/, when a source changed. */
export function build(): Promise<void>;
