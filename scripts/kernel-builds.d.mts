export const kernelFolder: string;
export function hasCompiler(compiler: 'g++' | 'nvcc'): boolean;
export function kernelSources(): string;
export function compiledSources(): string;
export function buildPtx(): void;
export function standInDriver(): string;
