/** Convolutions by tensor cores with the usual tiles, which are taken where nothing was measured; and a batch norm folded into weights. */
#include "tensor-conv.cuh"

PLANE_TILE(128, 128, 32, 3)
PLANE_TILE(128, 64, 16, 3)
PLANE_WEIGHT_GRADIENT(128, 128, 3)
PLANE_WEIGHT_GRADIENT(64, 128, 3)

/**
 * A convolution's weights, `each` of them a filter, and what is added to its results, so that they are those of the batch norm behind
 * it, whose statistics are fixed: (w ∗ x − mean) · s + bias = (s · w) ∗ x + (bias − mean · s), s = scale / √(variance + ε). `pitch`
 * numbers are added, zeros beyond the filters.
 */
KERNEL void fold_normalisation(const float* weight, const float* scale, const float* bias, const float* mean, const float* variance,
                               float* folded, float* added, int filters, int each, int pitch, float epsilon) {
  const long long i = threadOfGrid(), count = (long long)filters * each;
  if (i < count) {
    const int filter = (int)(i / each);
    folded[i] = weight[i] * (scale[filter] / sqrtf(variance[filter] + epsilon));
  }
  if (i < pitch) added[i] = i < filters ? bias[i] - mean[i] * (scale[i] / sqrtf(variance[i] + epsilon)) : 0.0f;
}
SINGLE(fold_normalisation)
