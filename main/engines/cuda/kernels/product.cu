/**
 * Matrix products and convolutions in float32, any shape: what parity is shown with, and what the tensor cores' kernels leave
 * over. 64 × 64 results a block, 4 × 4 a thread, 16 of the summed elements at a time. A rule says what the operands are.
 */
#include "primitives.cuh"

constexpr int TILE = 64, DEPTH = 16;

/** Rule: `a(m, k)`, `b(k, n)`, `put(m, n, value)`, all within the bounds. */
template <class Rule>
__device__ __forceinline__ void product(const Rule& rule, int rows, int columns, int begin, int end) {
  __shared__ float left[DEPTH][TILE + 4], right[DEPTH][TILE + 4];
  const int t = threadIdx.x, m0 = blockIdx.x * TILE, n0 = blockIdx.y * TILE;
  const int tm = (t & 15) * 4, tn = (t >> 4) * 4;
  float sums[4][4] = {};
  for (int k0 = begin; k0 < end; k0 += DEPTH) {
    for (int i = 0; i < 4; i++) {
      const int m = m0 + (t >> 2), k = (t & 3) * 4 + i, n = n0 + (t & 63), l = (t >> 6) * 4 + i;
      left[k][t >> 2] = m < rows && k0 + k < end ? rule.a(m, k0 + k) : 0.0f;
      right[l][t & 63] = n < columns && k0 + l < end ? rule.b(k0 + l, n) : 0.0f;
    }
    __syncthreads();
    for (int k = 0; k < DEPTH; k++) {
      float a[4], b[4];
      UNROLLED
      for (int i = 0; i < 4; i++) {
        a[i] = left[k][tm + i];
        b[i] = right[k][tn + i];
      }
      UNROLLED
      for (int i = 0; i < 4; i++)
        UNROLLED
        for (int j = 0; j < 4; j++) sums[i][j] += a[i] * b[j];
    }
    __syncthreads();
  }
  UNROLLED
  for (int i = 0; i < 4; i++)
    UNROLLED
    for (int j = 0; j < 4; j++)
      if (m0 + tm + i < rows && n0 + tn + j < columns) rule.put(m0 + tm + i, n0 + tn + j, sums[i][j]);
}

struct MatrixRule {
  const float *left, *right, *bias;
  float* result;
  int rows, columns, depth;
  bool turnLeft, turnRight;
  __device__ __forceinline__ float a(int m, int k) const {
    return left[turnLeft ? (long long)k * rows + m : (long long)m * depth + k];
  }
  __device__ __forceinline__ float b(int k, int n) const {
    return right[turnRight ? (long long)n * depth + k : (long long)k * columns + n];
  }
  __device__ __forceinline__ void put(int m, int n, float value) const {
    result[(long long)m * columns + n] = value + (bias ? bias[n] : 0.0f);
  }
};
/** As many products as the grid is deep; the bias, where there is one, is added to each row. */
KERNEL void __launch_bounds__(256) matrix_product(const float* left, const float* right, const float* bias, float* result,
                                                  int rows, int columns, int depth, int turnLeft, int turnRight) {
  const long long z = blockIdx.z;
  const MatrixRule rule{left + z * rows * depth, right + z * depth * columns, bias,         result + z * rows * columns,
                        rows,                    columns,                     depth,        turnLeft != 0,
                        turnRight != 0};
  product(rule, rows, columns, 0, depth);
}
MEETING(matrix_product)

/** Three axes of space, the missing ones of size 1. Activations are [batch, space, pitch], weights [filters, channels / groups, kernel]. */
struct ConvShape {
  int batch, channels, filters, groups, in[3], out[3], kernel[3], stride[3], pad[3], dilation[3], inPitch, outPitch;
  __device__ __forceinline__ int inPlaces() const { return in[0] * in[1] * in[2]; }
  __device__ __forceinline__ int outPlaces() const { return out[0] * out[1] * out[2]; }
  __device__ __forceinline__ int taps() const { return kernel[0] * kernel[1] * kernel[2]; }
};

/** Which place of the input the output's place and the kernel's tap meet at; −1 for the padding. */
__device__ __forceinline__ int inputPlace(const ConvShape& p, int out, int tap) {
  int place = 0, unit = 1;
  UNROLLED
  for (int axis = 2; axis >= 0; axis--) {
    const int i = (out % p.out[axis]) * p.stride[axis] - p.pad[axis] + (tap % p.kernel[axis]) * p.dilation[axis];
    if ((unsigned)i >= (unsigned)p.in[axis]) return -1;
    place += i * unit;
    unit *= p.in[axis];
    out /= p.out[axis];
    tap /= p.kernel[axis];
  }
  return place;
}
/** The other way round: −1 where no place of the output has met the input's place by this tap. */
__device__ __forceinline__ int outputPlace(const ConvShape& p, int in, int tap) {
  int place = 0, unit = 1;
  UNROLLED
  for (int axis = 2; axis >= 0; axis--) {
    const int o = in % p.in[axis] + p.pad[axis] - (tap % p.kernel[axis]) * p.dilation[axis];
    if (o < 0 || o % p.stride[axis] != 0 || o / p.stride[axis] >= p.out[axis]) return -1;
    place += o / p.stride[axis] * unit;
    unit *= p.out[axis];
    in /= p.in[axis];
    tap /= p.kernel[axis];
  }
  return place;
}

/** What a product takes a weight for: as exact as the activations. */
template <class T>
__device__ __forceinline__ float asFactor(float weight) {
  return widened(narrowed<T>(weight));
}

template <class T>
struct ForwardRule {
  ConvShape p;
  const T* x;
  const float* weight;
  Finish<T> finish;
  T* y;
  int group, channels, filters;
  __device__ __forceinline__ float a(int m, int k) const {
    const int place = inputPlace(p, m % p.outPlaces(), k / channels);
    if (place < 0) return 0.0f;
    const long long pixel = (long long)(m / p.outPlaces()) * p.inPlaces() + place;
    return widened(x[pixel * p.inPitch + group * channels + k % channels]);
  }
  __device__ __forceinline__ float b(int k, int n) const {
    const long long filter = group * filters + n;
    return asFactor<T>(weight[(filter * channels + k % channels) * p.taps() + k / channels]);
  }
  __device__ __forceinline__ void put(int m, int n, float value) const {
    const int filter = group * filters + n;
    const long long to = (long long)m * p.outPitch + filter;
    y[to] = narrowed<T>(finish(value, filter, to));
  }
};
template <class T>
struct InputGradientRule {
  ConvShape p;
  const T* dy;
  const float* weight;
  Finish<T> finish;
  T* dx;
  int group, channels, filters;
  __device__ __forceinline__ float a(int m, int k) const {
    const int place = outputPlace(p, m % p.inPlaces(), k / filters);
    if (place < 0) return 0.0f;
    const long long pixel = (long long)(m / p.inPlaces()) * p.outPlaces() + place;
    return widened(dy[pixel * p.outPitch + group * filters + k % filters]);
  }
  __device__ __forceinline__ float b(int k, int n) const {
    const long long filter = group * filters + k % filters;
    return asFactor<T>(weight[(filter * channels + n) * p.taps() + k / filters]);
  }
  __device__ __forceinline__ void put(int m, int n, float value) const {
    const int channel = group * channels + n;
    const long long to = (long long)m * p.inPitch + channel;
    dx[to] = narrowed<T>(finish(value, channel, to));
  }
};
template <class T>
struct WeightGradientRule {
  ConvShape p;
  const T *x, *dy;
  float* partial;
  int group, channels, filters;
  __device__ __forceinline__ float a(int m, int k) const {
    return widened(dy[(long long)k * p.outPitch + group * filters + m]);
  }
  __device__ __forceinline__ float b(int k, int n) const {
    const int place = inputPlace(p, k % p.outPlaces(), n / channels);
    if (place < 0) return 0.0f;
    const long long pixel = (long long)(k / p.outPlaces()) * p.inPlaces() + place;
    return widened(x[pixel * p.inPitch + group * channels + n % channels]);
  }
  __device__ __forceinline__ void put(int m, int n, float value) const {
    const long long filter = group * filters + m;
    partial[(filter * channels + n % channels) * p.taps() + n / channels] = value;
  }
};

/** Grid: tiles of the output's places, tiles of a group's filters, groups. The channels that only fill up stay what they are. */
template <class T>
__device__ __forceinline__ void convForward(const T* x, const float* weight, const Finish<T>& finish, T* y, const ConvShape& p) {
  const int channels = p.channels / p.groups, filters = p.filters / p.groups;
  const ForwardRule<T> rule{p, x, weight, finish, y, (int)blockIdx.z, channels, filters};
  product(rule, p.batch * p.outPlaces(), filters, 0, channels * p.taps());
}
template <class T>
__device__ __forceinline__ void convInputGradient(const T* dy, const float* weight, const Finish<T>& finish, T* dx,
                                                  const ConvShape& p) {
  const int channels = p.channels / p.groups, filters = p.filters / p.groups;
  const InputGradientRule<T> rule{p, dy, weight, finish, dx, (int)blockIdx.z, channels, filters};
  product(rule, p.batch * p.inPlaces(), channels, 0, filters * p.taps());
}
/** Grid: tiles of filters, tiles of channels and taps, groups × parts; each part sums its share of the places. */
template <class T>
__device__ __forceinline__ void convWeightGradient(const T* x, const T* dy, float* partial, const ConvShape& p, int parts) {
  const int channels = p.channels / p.groups, filters = p.filters / p.groups;
  const int group = blockIdx.z % p.groups, part = blockIdx.z / p.groups, places = p.batch * p.outPlaces();
  const int share = ((places + parts - 1) / parts + DEPTH - 1) / DEPTH * DEPTH;
  const int begin = part * share < places ? part * share : places;
  const int end = begin + share < places ? begin + share : places;
  float* own = partial + (long long)part * p.filters * channels * p.taps();
  const WeightGradientRule<T> rule{p, x, dy, own, group, channels, filters};
  product(rule, filters, channels * p.taps(), begin, end);
}

#define CONVOLUTIONS(T, NAME)                                                                                            \
  KERNEL void __launch_bounds__(256) conv_##NAME(const T* x, const float* weight, const float* bias, const T* added,     \
                                                 T* y, int rectified, ConvShape p) {                                     \
    convForward<T>(x, weight, {bias, added, rectified}, y, p);                                                           \
  }                                                                                                                      \
  KERNEL void __launch_bounds__(256) conv_input_gradient_##NAME(const T* dy, const float* weight, const float* bias,     \
                                                                const T* added, T* dx, int rectified, ConvShape p) {     \
    convInputGradient<T>(dy, weight, {bias, added, rectified}, dx, p);                                                   \
  }                                                                                                                      \
  KERNEL void __launch_bounds__(256)                                                                                     \
      conv_weight_gradient_##NAME(const T* x, const T* dy, float* partial, ConvShape p, int parts) {                     \
    convWeightGradient<T>(x, dy, partial, p, parts);                                                                     \
  }                                                                                                                      \
  MEETING(conv_##NAME) MEETING(conv_input_gradient_##NAME) MEETING(conv_weight_gradient_##NAME)
CONVOLUTIONS(float, f32)
CONVOLUTIONS(bf16, bf16)
