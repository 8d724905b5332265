/** Operations that take each element by itself, and those that put elements elsewhere. */
#include "primitives.cuh"

template <class T>
__device__ __forceinline__ void relu(const T* x, T* y, int packs) {
  const long long i = threadOfGrid();
  if (i >= packs) return;
  Pack<T> v = loadPack(x, i);
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++) v.at[e] = fmaxf(v.at[e], 0.0f);
  storePack(y, i, v);
}
template <class T>
__device__ __forceinline__ void reluGradient(const T* dy, const T* y, T* dx, int packs) {
  const long long i = threadOfGrid();
  if (i >= packs) return;
  Pack<T> d = loadPack(dy, i);
  const Pack<T> v = loadPack(y, i);
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++) d.at[e] = v.at[e] > 0.0f ? d.at[e] : 0.0f;
  storePack(dx, i, d);
}
template <class T>
__device__ __forceinline__ void add(const T* a, const T* b, T* y, int packs) {
  const long long i = threadOfGrid();
  if (i >= packs) return;
  Pack<T> v = loadPack(a, i);
  const Pack<T> w = loadPack(b, i);
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++) v.at[e] += w.at[e];
  storePack(y, i, v);
}
__device__ __forceinline__ float normalDistribution(float x) { return 0.5f * (1.0f + erff(x * 0.70710678f)); }
template <class T>
__device__ __forceinline__ void gelu(const T* x, T* y, int packs) {
  const long long i = threadOfGrid();
  if (i >= packs) return;
  Pack<T> v = loadPack(x, i);
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++) v.at[e] *= normalDistribution(v.at[e]);
  storePack(y, i, v);
}
template <class T>
__device__ __forceinline__ void geluGradient(const T* dy, const T* x, T* dx, int packs) {
  const long long i = threadOfGrid();
  if (i >= packs) return;
  Pack<T> d = loadPack(dy, i);
  const Pack<T> v = loadPack(x, i);
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++) {
    const float density = expf(-0.5f * v.at[e] * v.at[e]) * 0.39894228f;
    d.at[e] *= normalDistribution(v.at[e]) + v.at[e] * density;
  }
  storePack(dx, i, d);
}

#define ELEMENTWISE(T, NAME)                                                                                  \
  KERNEL void relu_##NAME(const T* x, T* y, int packs) { relu<T>(x, y, packs); }                              \
  KERNEL void relu_gradient_##NAME(const T* dy, const T* y, T* dx, int packs) {                               \
    reluGradient<T>(dy, y, dx, packs);                                                                        \
  }                                                                                                           \
  KERNEL void add_##NAME(const T* a, const T* b, T* y, int packs) { add<T>(a, b, y, packs); }                 \
  KERNEL void gelu_##NAME(const T* x, T* y, int packs) { gelu<T>(x, y, packs); }                              \
  KERNEL void gelu_gradient_##NAME(const T* dy, const T* x, T* dx, int packs) {                               \
    geluGradient<T>(dy, x, dx, packs);                                                                        \
  }                                                                                                           \
  SINGLE(relu_##NAME) SINGLE(relu_gradient_##NAME) SINGLE(add_##NAME) SINGLE(gelu_##NAME)                     \
  SINGLE(gelu_gradient_##NAME)
ELEMENTWISE(float, f32)
ELEMENTWISE(bf16, bf16)

/** `words` of 4 bytes. */
KERNEL void fill(float* y, float value, int words) {
  const long long i = threadOfGrid();
  if (i < words) y[i] = value;
}
SINGLE(fill)

/** A number of the noise is of so many numbers of x. */
KERNEL void dropout(const float* x, const float* noise, float* y, float rate, int count, int together) {
  const long long i = threadOfGrid();
  if (i < count) y[i] = noise[i / together] >= rate ? x[i] / (1.0f - rate) : 0.0f;
}
SINGLE(dropout)

/** A number of the noise is of so many packs. */
template <class T>
__device__ __forceinline__ void dropPacks(const T* x, const float* noise, T* y, float rate, int packs, int together) {
  const long long i = threadOfGrid();
  if (i >= packs) return;
  const float factor = noise[i / together] >= rate ? 1.0f / (1.0f - rate) : 0.0f;
  Pack<T> v = loadPack(x, i);
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++) v.at[e] *= factor;
  storePack(y, i, v);
}
KERNEL void drop_packs_f32(const float* x, const float* noise, float* y, float rate, int packs, int together) {
  dropPacks<float>(x, noise, y, rate, packs, together);
}
KERNEL void drop_packs_bf16(const bf16* x, const float* noise, bf16* y, float rate, int packs, int together) {
  dropPacks<bf16>(x, noise, y, rate, packs, together);
}
SINGLE(drop_packs_f32) SINGLE(drop_packs_bf16)

/** y repeats along the first axes. */
KERNEL void repeated_add(const float* x, const float* y, float* z, int count, int period) {
  const long long i = threadOfGrid();
  if (i < count) z[i] = x[i] + y[i % period];
}
KERNEL void repeated_multiply(const float* x, const float* y, float* z, int count, int period) {
  const long long i = threadOfGrid();
  if (i < count) z[i] = x[i] * y[i % period];
}
SINGLE(repeated_add) SINGLE(repeated_multiply)

/** Elements of a box of up to five axes, from wherever the strides say to wherever they say; the last axis moves fastest. */
struct Box {
  int size[5], from[5], to[5], fromOffset, toOffset, count;
};
template <class S, class D>
__device__ __forceinline__ void copyBox(const S* x, D* y, const Box& box) {
  const long long i = threadOfGrid();
  if (i >= box.count) return;
  long long rest = i, from = box.fromOffset, to = box.toOffset;
  UNROLLED
  for (int axis = 4; axis >= 0; axis--) {
    const int at = (int)(rest % box.size[axis]);
    rest /= box.size[axis];
    from += (long long)at * box.from[axis];
    to += (long long)at * box.to[axis];
  }
  y[to] = narrowed<D>(widened(x[from]));
}
KERNEL void copy_f32_f32(const float* x, float* y, Box box) { copyBox<float, float>(x, y, box); }
KERNEL void copy_f32_bf16(const float* x, bf16* y, Box box) { copyBox<float, bf16>(x, y, box); }
KERNEL void copy_bf16_f32(const bf16* x, float* y, Box box) { copyBox<bf16, float>(x, y, box); }
SINGLE(copy_f32_f32) SINGLE(copy_f32_bf16) SINGLE(copy_bf16_f32)

/** [rows, columns] → the sum over the rows. */
KERNEL void sum_rows(const float* x, float* y, int rows, int columns) {
  const long long c = threadOfGrid();
  if (c >= columns) return;
  float sum = 0.0f;
  for (int r = 0; r < rows; r++) sum += x[(long long)r * columns + c];
  y[c] = sum;
}
SINGLE(sum_rows)
