/** How the names of files end that a model can come as, without the dot. What is in them is seen when they are opened. */
export const MODEL_ENDINGS = ['safetensors', 'pth', 'pt', 'th', 'onnx'] as const;
