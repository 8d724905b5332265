/** Pools over activations [batch, space, pitch], three axes of space. Gradients gather: each place asks the windows over it. */
#include "primitives.cuh"

struct PoolShape {
  int batch, in[3], out[3], kernel[3], stride[3], pad[3], dilation[3], packs;
};

struct Place {
  int at[3];
};
__device__ __forceinline__ Place placeOf(int index, const int* sizes) {
  Place place;
  UNROLLED
  for (int axis = 2; axis >= 0; axis--) {
    place.at[axis] = index % sizes[axis];
    index /= sizes[axis];
  }
  return place;
}
/** Calls `visit(place of the input)` for those of a window that are inside, in row-major order. */
template <class Visit>
__device__ __forceinline__ void visitWindow(const PoolShape& p, const Place& out, Visit visit) {
  for (int a = 0; a < p.kernel[0]; a++)
    for (int b = 0; b < p.kernel[1]; b++)
      for (int c = 0; c < p.kernel[2]; c++) {
        const int i = out.at[0] * p.stride[0] - p.pad[0] + a * p.dilation[0];
        const int j = out.at[1] * p.stride[1] - p.pad[1] + b * p.dilation[1];
        const int k = out.at[2] * p.stride[2] - p.pad[2] + c * p.dilation[2];
        if ((unsigned)i < (unsigned)p.in[0] && (unsigned)j < (unsigned)p.in[1] && (unsigned)k < (unsigned)p.in[2])
          visit((i * p.in[1] + j) * p.in[2] + k);
      }
}
/** Calls `visit(place of the output, index of it)` for the windows that hold a place of the input. */
template <class Visit>
__device__ __forceinline__ void visitWindowsOver(const PoolShape& p, const Place& in, Visit visit) {
  for (int a = 0; a < p.kernel[0]; a++)
    for (int b = 0; b < p.kernel[1]; b++)
      for (int c = 0; c < p.kernel[2]; c++) {
        const int tap[3] = {a, b, c};
        Place out;
        bool inside = true;
        UNROLLED
        for (int axis = 0; axis < 3; axis++) {
          const int o = in.at[axis] + p.pad[axis] - tap[axis] * p.dilation[axis];
          out.at[axis] = o / p.stride[axis];
          inside = inside && o >= 0 && o % p.stride[axis] == 0 && out.at[axis] < p.out[axis];
        }
        if (inside) visit(out, (out.at[0] * p.out[1] + out.at[1]) * p.out[2] + out.at[2]);
      }
}
__device__ __forceinline__ int places(const int* sizes) { return sizes[0] * sizes[1] * sizes[2]; }

template <class T>
__device__ __forceinline__ void maxPool(const T* x, T* y, const PoolShape& p) {
  const long long i = threadOfGrid(), out = i / p.packs;
  if (out >= (long long)p.batch * places(p.out)) return;
  const long long image = out / places(p.out) * places(p.in);
  Pack<T> largest;
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++) largest.at[e] = -INFINITY;
  visitWindow(p, placeOf((int)(out % places(p.out)), p.out), [&](int place) {
    const Pack<T> v = loadPack(x, (image + place) * p.packs + i % p.packs);
    UNROLLED
    for (int e = 0; e < Pack<T>::SIZE; e++) largest.at[e] = fmaxf(largest.at[e], v.at[e]);
  });
  storePack(y, i, largest);
}

/** A window's dy belongs to the first of its places, in row-major order, that holds its largest. */
template <class T>
__device__ __forceinline__ void maxPoolGradient(const T* dy, const T* x, const T* y, T* dx, const PoolShape& p) {
  const long long i = threadOfGrid(), in = i / p.packs, pack = i % p.packs;
  if (in >= (long long)p.batch * places(p.in)) return;
  const int own = (int)(in % places(p.in));
  const long long image = in / places(p.in);
  const Pack<T> value = loadPack(x, i);
  Pack<T> sum{};
  visitWindowsOver(p, placeOf(own, p.in), [&](const Place& out, int index) {
    const long long window = (image * places(p.out) + index) * p.packs + pack;
    const Pack<T> largest = loadPack(y, window), d = loadPack(dy, window);
    bool first[Pack<T>::SIZE];
    UNROLLED
    for (int e = 0; e < Pack<T>::SIZE; e++) first[e] = value.at[e] == largest.at[e];
    visitWindow(p, out, [&](int place) {
      if (place >= own) return;
      const Pack<T> earlier = loadPack(x, (image * places(p.in) + place) * p.packs + pack);
      UNROLLED
      for (int e = 0; e < Pack<T>::SIZE; e++) first[e] = first[e] && earlier.at[e] != largest.at[e];
    });
    UNROLLED
    for (int e = 0; e < Pack<T>::SIZE; e++) sum.at[e] += first[e] ? d.at[e] : 0.0f;
  });
  storePack(dx, i, sum);
}

template <class T>
__device__ __forceinline__ void averagePool(const T* x, T* y, const PoolShape& p) {
  const long long i = threadOfGrid(), out = i / p.packs;
  if (out >= (long long)p.batch * places(p.out)) return;
  const long long image = out / places(p.out) * places(p.in);
  Pack<T> sum{};
  visitWindow(p, placeOf((int)(out % places(p.out)), p.out), [&](int place) {
    const Pack<T> v = loadPack(x, (image + place) * p.packs + i % p.packs);
    UNROLLED
    for (int e = 0; e < Pack<T>::SIZE; e++) sum.at[e] += v.at[e];
  });
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++) sum.at[e] /= (float)places(p.kernel);
  storePack(y, i, sum);
}
template <class T>
__device__ __forceinline__ void averagePoolGradient(const T* dy, T* dx, const PoolShape& p) {
  const long long i = threadOfGrid(), in = i / p.packs;
  if (in >= (long long)p.batch * places(p.in)) return;
  const long long image = in / places(p.in) * places(p.out);
  Pack<T> sum{};
  visitWindowsOver(p, placeOf((int)(in % places(p.in)), p.in), [&](const Place&, int index) {
    const Pack<T> d = loadPack(dy, (image + index) * p.packs + i % p.packs);
    UNROLLED
    for (int e = 0; e < Pack<T>::SIZE; e++) sum.at[e] += d.at[e];
  });
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++) sum.at[e] /= (float)places(p.kernel);
  storePack(dx, i, sum);
}

/** [batch, places, pitch] → [batch, channels]. */
template <class T>
__device__ __forceinline__ void globalMean(const T* x, float* y, int batch, int count, int channels, int packs) {
  const long long i = threadOfGrid();
  if (i >= (long long)batch * packs) return;
  const long long image = i / packs;
  const int pack = (int)(i % packs);
  Pack<T> sum{};
  for (int place = 0; place < count; place++) {
    const Pack<T> v = loadPack(x, (image * count + place) * packs + pack);
    UNROLLED
    for (int e = 0; e < Pack<T>::SIZE; e++) sum.at[e] += v.at[e];
  }
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++) {
    const int c = pack * Pack<T>::SIZE + e;
    if (c < channels) y[image * channels + c] = sum.at[e] / (float)count;
  }
}
template <class T>
__device__ __forceinline__ void globalMeanGradient(const float* dy, T* dx, int batch, int count, int channels, int packs) {
  const long long i = threadOfGrid();
  if (i >= (long long)batch * count * packs) return;
  const long long image = i / packs / count;
  const int first = (int)(i % packs) * Pack<T>::SIZE;
  Pack<T> d;
  UNROLLED
  for (int e = 0; e < Pack<T>::SIZE; e++)
    d.at[e] = first + e < channels ? dy[image * channels + first + e] / (float)count : 0.0f;
  storePack(dx, i, d);
}

#define POOLING(T, NAME)                                                                                                 \
  KERNEL void max_pool_##NAME(const T* x, T* y, PoolShape p) { maxPool<T>(x, y, p); }                                    \
  KERNEL void max_pool_gradient_##NAME(const T* dy, const T* x, const T* y, T* dx, PoolShape p) {                        \
    maxPoolGradient<T>(dy, x, y, dx, p);                                                                                 \
  }                                                                                                                      \
  KERNEL void average_pool_##NAME(const T* x, T* y, PoolShape p) { averagePool<T>(x, y, p); }                            \
  KERNEL void average_pool_gradient_##NAME(const T* dy, T* dx, PoolShape p) { averagePoolGradient<T>(dy, dx, p); }       \
  KERNEL void global_mean_##NAME(const T* x, float* y, int batch, int count, int channels, int packs) {                  \
    globalMean<T>(x, y, batch, count, channels, packs);                                                                  \
  }                                                                                                                      \
  KERNEL void global_mean_gradient_##NAME(const float* dy, T* dx, int batch, int count, int channels, int packs) {       \
    globalMeanGradient<T>(dy, dx, batch, count, channels, packs);                                                        \
  }                                                                                                                      \
  SINGLE(max_pool_##NAME) SINGLE(max_pool_gradient_##NAME) SINGLE(average_pool_##NAME) SINGLE(average_pool_gradient_##NAME) \
  SINGLE(global_mean_##NAME) SINGLE(global_mean_gradient_##NAME)
POOLING(float, f32)
POOLING(bf16, bf16)
