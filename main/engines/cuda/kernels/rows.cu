/** What works on rows of numbers, a block of 128 threads each: softmax, cross-entropy, layer norm. All float32. */
#include "primitives.cuh"

constexpr int ROW_THREADS = 128;

/** The largest of a row and log Σ exp(x − largest). */
struct RowScale {
  float largest, logSum;
};
__device__ __forceinline__ RowScale scaleOfRow(const float* row, int width, float* scratch) {
  float largest = -INFINITY;
  for (int c = threadIdx.x; c < width; c += ROW_THREADS) largest = fmaxf(largest, row[c]);
  largest = blockLargest<ROW_THREADS>(largest, scratch);
  float sum = 0.0f;
  for (int c = threadIdx.x; c < width; c += ROW_THREADS) sum += expf(row[c] - largest);
  return {largest, logf(blockSum<ROW_THREADS>(sum, scratch))};
}

KERNEL void __launch_bounds__(ROW_THREADS) softmax(const float* x, float* y, int width) {
  __shared__ float scratch[ROW_THREADS];
  const long long start = (long long)blockIdx.x * width;
  const RowScale scale = scaleOfRow(x + start, width, scratch);
  for (int c = threadIdx.x; c < width; c += ROW_THREADS) y[start + c] = expf(x[start + c] - scale.largest - scale.logSum);
}
KERNEL void __launch_bounds__(ROW_THREADS) softmax_gradient(const float* dy, const float* y, float* dx, int width) {
  __shared__ float scratch[ROW_THREADS];
  const long long start = (long long)blockIdx.x * width;
  float sum = 0.0f;
  for (int c = threadIdx.x; c < width; c += ROW_THREADS) sum += dy[start + c] * y[start + c];
  sum = blockSum<ROW_THREADS>(sum, scratch);
  for (int c = threadIdx.x; c < width; c += ROW_THREADS) dx[start + c] = y[start + c] * (dy[start + c] - sum);
}
MEETING(softmax) MEETING(softmax_gradient)

/** Of a class: from ids, or from distributions where there are none, a share of it spread over all. */
__device__ __forceinline__ float targetOf(const int* ids, const float* distributions, long long row, int c, int classes,
                                          float smoothing) {
  const float target = ids ? (ids[row] == c ? 1.0f : 0.0f) : distributions[row * classes + c];
  return target * (1.0f - smoothing) + smoothing / (float)classes;
}
KERNEL void __launch_bounds__(ROW_THREADS) cross_entropy(const float* logits, const int* ids, const float* distributions,
                                                         float* losses, int classes, float smoothing) {
  __shared__ float scratch[ROW_THREADS];
  const long long row = blockIdx.x;
  const float* x = logits + row * classes;
  const RowScale scale = scaleOfRow(x, classes, scratch);
  float sum = 0.0f;
  for (int c = threadIdx.x; c < classes; c += ROW_THREADS)
    sum -= (x[c] - scale.largest - scale.logSum) * targetOf(ids, distributions, row, c, classes, smoothing);
  sum = blockSum<ROW_THREADS>(sum, scratch);
  if (threadIdx.x == 0) losses[row] = sum;
}
/** dLoss · (softmax − targets) / rows. */
KERNEL void __launch_bounds__(ROW_THREADS) cross_entropy_gradient(const float* dLoss, const float* logits, const int* ids,
                                                                  const float* distributions, float* dx, int rows,
                                                                  int classes, float smoothing) {
  __shared__ float scratch[ROW_THREADS];
  const long long row = blockIdx.x;
  const float* x = logits + row * classes;
  const RowScale scale = scaleOfRow(x, classes, scratch);
  const float share = dLoss[0] / (float)rows;
  for (int c = threadIdx.x; c < classes; c += ROW_THREADS)
    dx[row * classes + c] = share * (expf(x[c] - scale.largest - scale.logSum) -
                                     targetOf(ids, distributions, row, c, classes, smoothing));
}
/** 1 for a row of which no logit is larger than that of its class. */
KERNEL void __launch_bounds__(ROW_THREADS) correct_rows(const float* logits, const int* ids, float* correct, int classes) {
  __shared__ float scratch[ROW_THREADS];
  const long long row = blockIdx.x;
  float largest = -INFINITY;
  for (int c = threadIdx.x; c < classes; c += ROW_THREADS) largest = fmaxf(largest, logits[row * classes + c]);
  largest = blockLargest<ROW_THREADS>(largest, scratch);
  if (threadIdx.x == 0) correct[row] = logits[row * classes + ids[row]] >= largest ? 1.0f : 0.0f;
}
/** One block: all numbers to one, times `factor`. */
KERNEL void __launch_bounds__(ROW_THREADS) sum_all(const float* x, float* y, int count, float factor) {
  __shared__ float scratch[ROW_THREADS];
  float sum = 0.0f;
  for (int i = threadIdx.x; i < count; i += ROW_THREADS) sum += x[i];
  sum = blockSum<ROW_THREADS>(sum, scratch);
  if (threadIdx.x == 0) y[0] = sum * factor;
}
MEETING(cross_entropy) MEETING(cross_entropy_gradient) MEETING(correct_rows) MEETING(sum_all)

struct RowMoments {
  float mean, inverse;
};
__device__ __forceinline__ RowMoments momentsOfRow(const float* x, int width, float epsilon, float* scratch) {
  float sum = 0.0f, square = 0.0f;
  for (int c = threadIdx.x; c < width; c += ROW_THREADS) sum += x[c];
  const float mean = blockSum<ROW_THREADS>(sum, scratch) / (float)width;
  for (int c = threadIdx.x; c < width; c += ROW_THREADS) square += (x[c] - mean) * (x[c] - mean);
  return {mean, rsqrtf(blockSum<ROW_THREADS>(square, scratch) / (float)width + epsilon)};
}
KERNEL void __launch_bounds__(ROW_THREADS) layer_norm(const float* x, const float* scale, const float* bias, float* y, int width,
                                                      float epsilon) {
  __shared__ float scratch[ROW_THREADS];
  const long long start = (long long)blockIdx.x * width;
  const RowMoments moments = momentsOfRow(x + start, width, epsilon, scratch);
  for (int c = threadIdx.x; c < width; c += ROW_THREADS)
    y[start + c] = (x[start + c] - moments.mean) * moments.inverse * scale[c] + bias[c];
}
/** Keeps each row's mean and 1 / σ in `kept` for the sums over the rows. */
KERNEL void __launch_bounds__(ROW_THREADS) layer_norm_gradient(const float* dy, const float* x, const float* scale, float* dx,
                                                               float* kept, int width, float epsilon) {
  __shared__ float scratch[ROW_THREADS];
  const long long start = (long long)blockIdx.x * width;
  const RowMoments moments = momentsOfRow(x + start, width, epsilon, scratch);
  float sum = 0.0f, product = 0.0f;
  for (int c = threadIdx.x; c < width; c += ROW_THREADS) {
    const float g = dy[start + c] * scale[c];
    sum += g;
    product += g * (x[start + c] - moments.mean) * moments.inverse;
  }
  sum = blockSum<ROW_THREADS>(sum, scratch) / (float)width;
  product = blockSum<ROW_THREADS>(product, scratch) / (float)width;
  for (int c = threadIdx.x; c < width; c += ROW_THREADS) {
    const float normal = (x[start + c] - moments.mean) * moments.inverse;
    dx[start + c] = (dy[start + c] * scale[c] - sum - normal * product) * moments.inverse;
  }
  if (threadIdx.x == 0) {
    kept[blockIdx.x * 2] = moments.mean;
    kept[blockIdx.x * 2 + 1] = moments.inverse;
  }
}
MEETING(layer_norm) MEETING(layer_norm_gradient)
KERNEL void layer_norm_sums(const float* dy, const float* x, const float* kept, float* dScale, float* dBias, int rows,
                            int width) {
  const long long c = threadOfGrid();
  if (c >= width) return;
  float s = 0.0f, p = 0.0f;
  for (int r = 0; r < rows; r++) {
    const float d = dy[(long long)r * width + c];
    s += d;
    p += d * (x[(long long)r * width + c] - kept[r * 2]) * kept[r * 2 + 1];
  }
  dScale[c] = p;
  dBias[c] = s;
}
SINGLE(layer_norm_sums)
