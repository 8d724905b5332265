/**
 * Suggestions for a first file of weights: small ones that are known to work here, under licences that anyone can
 * check. Data only: nothing is downloaded unless the user asks for it. Sizes are rounded; a SHA-256, or the beginning
 * of one, is the file's published hash.
 */

export interface FirstFile {
  readonly name: string;
  /**
   * `eyes`: a feature extractor, for a teacher within minutes; `weights`: a starting point for training teacher and
   * student.
   */
  readonly use: 'eyes' | 'weights';
  readonly licence: string;
  readonly megabytes: number;
  readonly from: string;
  readonly url: string;
  readonly sha256?: string | undefined;
}

export const firstFiles: readonly FirstFile[] = [
  {
    ...{ name: 'MobileNetV2', use: 'eyes', licence: 'Apache-2.0', megabytes: 14, from: 'ONNX Model Zoo' },
    url: 'https://github.com/onnx/models/raw/main/validated/vision/classification/mobilenet/model/mobilenetv2-12.onnx',
    sha256: 'c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5',
  },
  {
    ...{ name: 'DINOv2 small', use: 'eyes', licence: 'Apache-2.0', megabytes: 90, from: 'Hugging Face, Xenova' },
    url: 'https://huggingface.co/Xenova/dinov2-small/resolve/main/onnx/model.onnx',
  },
  {
    ...{ name: 'ResNet-18', use: 'weights', licence: 'BSD-3-Clause', megabytes: 47, from: 'torchvision' },
    url: 'https://download.pytorch.org/models/resnet18-f37072fd.pth',
    sha256: 'f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec',
  },
  {
    ...{ name: 'ResNet-50', use: 'weights', licence: 'Apache-2.0', megabytes: 102, from: 'timm, Hugging Face' },
    url: 'https://huggingface.co/timm/resnet50.a1_in1k/resolve/main/model.safetensors',
  },
  {
    ...{ name: 'ConvNeXt-T', use: 'weights', licence: 'BSD-3-Clause', megabytes: 114, from: 'torchvision' },
    url: 'https://download.pytorch.org/models/convnext_tiny-983f1562.pth',
    sha256: '983f1562',
  },
  {
    ...{ name: 'DINOv2 small, registers', use: 'weights', licence: 'Apache-2.0', megabytes: 88 },
    from: 'timm, Hugging Face',
    url: 'https://huggingface.co/timm/vit_small_patch14_reg4_dinov2.lvd142m/resolve/main/model.safetensors',
  },
  {
    ...{ name: 'ResNet-18 of the paper', use: 'weights', megabytes: 47, from: 'its authors' },
    licence: 'CC BY-NC 4.0, not for commercial use',
    url: 'https://dl.fbaipublicfiles.com/semiweaksupervision/model_files/semi_weakly_supervised_resnet18-118f1556.pth',
    sha256: '118f1556c5734939bce4171a5223f613f7ff344080967bb054db2d41613bbb3d',
  },
];
