/**
 * File extensions of the model formats that can be imported, without the dot. The contents are identified when the file
 * is opened.
 */
export const MODEL_ENDINGS = ['safetensors', 'pth', 'pt', 'th', 'onnx'] as const;
