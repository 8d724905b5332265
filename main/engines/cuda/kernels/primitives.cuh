/**
 * The few instructions that all kernels are made of: PTX on the device, the same meaning in C++ on the processor. The same
 * source is compiled by nvcc, ahead of time, and by g++, in the tests.
 */
#pragma once
#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <stdint.h>

typedef uint32_t Shared;
__device__ __forceinline__ Shared sharedAddress(const void* p) { return (Shared)__cvta_generic_to_shared(p); }
__device__ __forceinline__ void copyAsync(Shared to, const void* from, int bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(to), "l"(from), "r"(bytes));
}
__device__ __forceinline__ void commitCopies() { asm volatile("cp.async.commit_group;\n"); }
template <int N>
__device__ __forceinline__ void waitForCopies() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(N));
}
__device__ __forceinline__ void loadMatrices(uint32_t* r, Shared s) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(s));
}
__device__ __forceinline__ void loadTransposedMatrices(uint32_t* r, Shared s) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(s));
}
__device__ __forceinline__ void multiplyAdd(float* c, const uint32_t* a, uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
/** What the lane whose number differs by `mask` brought. */
__device__ __forceinline__ float exchange(float value, int mask) { return __shfl_xor_sync(0xffffffffu, value, mask); }

/** COUNT elements whose memory the launch gives, for blocks that need more than 48 KiB; a kernel has one such array. */
#define DYNAMIC_SHARED(T, name, COUNT)                            \
  extern __shared__ __align__(128) unsigned char launchMemory[]; \
  T* const name = (T*)launchMemory
#define UNROLLED _Pragma("unroll")
/** A kernel whose threads meet at barriers or in instructions of a warp; one whose threads do not. */
#define MEETING(name)
#define SINGLE(name)
#else
#include "host/cuda-on-host.h"

typedef char* Shared;
inline Shared sharedAddress(const void* p) { return (char*)p; }
inline void copyAsync(Shared to, const void* from, int bytes) { host::copyLater(to, from, bytes); }
inline void commitCopies() { host::commit(); }
template <int N>
inline void waitForCopies() {
  host::land(N);
}
inline void loadMatrices(uint32_t* r, Shared s) {
  host::Ldmatrix in{s};
  host::meet(host::Wait::warp, host::Collective::matrices, &in, r);
}
inline void loadTransposedMatrices(uint32_t* r, Shared s) {
  host::Ldmatrix in{s};
  host::meet(host::Wait::warp, host::Collective::transposedMatrices, &in, r);
}
inline void multiplyAdd(float* c, const uint32_t* a, uint32_t b0, uint32_t b1) {
  host::Mma in{a, b0, b1, c};
  host::meet(host::Wait::warp, host::Collective::multiplyAdd, &in);
}
inline float exchange(float value, int mask) {
  host::Exchange in{value, mask};
  float out;
  host::meet(host::Wait::warp, host::Collective::exchange, &in, &out);
  return out;
}

#define DYNAMIC_SHARED(T, name, COUNT) \
  static __align__(128) T name[COUNT]; \
  host::needsShared(sizeof(name))
#define UNROLLED
#define MEETING(name) static const int enlisted_##name = host::enlist(#name, name, true);
#define SINGLE(name) static const int enlisted_##name = host::enlist(#name, name, false);
#endif

#define KERNEL extern "C" __global__

typedef __nv_bfloat16 bf16;

__device__ __forceinline__ float widened(float v) { return v; }
__device__ __forceinline__ float widened(bf16 v) { return __bfloat162float(v); }
template <class T>
__device__ __forceinline__ T narrowed(float v);
template <>
__device__ __forceinline__ float narrowed<float>(float v) {
  return v;
}
template <>
__device__ __forceinline__ bf16 narrowed<bf16>(float v) {
  return __float2bfloat16_rn(v);
}

/** 16 bytes of elements, read and written at once. */
template <class T>
struct Pack {
  static constexpr int SIZE = 16 / sizeof(T);
  float at[SIZE];
};
template <class T>
__device__ __forceinline__ Pack<T> loadPack(const T* from, long long pack) {
  const uint4 raw = ((const uint4*)from)[pack];
  T parts[Pack<T>::SIZE];
  memcpy(parts, &raw, 16);
  Pack<T> result;
  UNROLLED
  for (int i = 0; i < Pack<T>::SIZE; i++) result.at[i] = widened(parts[i]);
  return result;
}
template <class T>
__device__ __forceinline__ void storePack(T* to, long long pack, const Pack<T>& value) {
  T parts[Pack<T>::SIZE];
  UNROLLED
  for (int i = 0; i < Pack<T>::SIZE; i++) parts[i] = narrowed<T>(value.at[i]);
  uint4 raw;
  memcpy(&raw, parts, 16);
  ((uint4*)to)[pack] = raw;
}

__device__ __forceinline__ void storePair(bf16* to, float first, float second) {
#ifdef __CUDACC__
  *(__nv_bfloat162*)to = __floats2bfloat162_rn(first, second);
#else
  to[0] = __float2bfloat16_rn(first);
  to[1] = __float2bfloat16_rn(second);
#endif
}

__device__ __forceinline__ void loadPair(const bf16* from, float& first, float& second) {
#ifdef __CUDACC__
  const float2 both = __bfloat1622float2(*(const __nv_bfloat162*)from);
  first = both.x;
  second = both.y;
#else
  first = widened(from[0]);
  second = widened(from[1]);
#endif
}

/**
 * What becomes of a convolution's results before they are rounded: a number for each channel is added, then another activation of
 * the same shape, then ReLU; each where it is asked for.
 */
template <class T>
struct Finish {
  const float* bias;
  const T* added;
  int rectified;
  __device__ __forceinline__ float operator()(float value, int channel, long long place) const {
    if (bias) value += bias[channel];
    if (added) value += widened(added[place]);
    return rectified ? fmaxf(value, 0.0f) : value;
  }
};

/** Two neighbouring channels, an even one first; `first` and `second` become what was stored. */
__device__ __forceinline__ void storeFinished(const Finish<bf16>& finish, bf16* y, int channel, size_t place, float& first,
                                              float& second) {
#ifdef __CUDACC__
  if (finish.bias) {
    const float2 bias = *(const float2*)(finish.bias + channel);
    first += bias.x;
    second += bias.y;
  }
  if (finish.added) {
    float other[2];
    loadPair(finish.added + place, other[0], other[1]);
    first += other[0];
    second += other[1];
  }
  if (finish.rectified) {
    first = fmaxf(first, 0.0f);
    second = fmaxf(second, 0.0f);
  }
#else
  first = finish(first, channel, place);
  second = finish(second, channel + 1, place + 1);
#endif
  storePair(y + place, first, second);
  first = widened(narrowed<bf16>(first));
  second = widened(narrowed<bf16>(second));
}

/** Of some numbers: how many, their mean, the sum of squares about it. Joined as Chan et al. (1979) do. */
struct Moments {
  float count, mean, square;
  __device__ __forceinline__ void join(const Moments& other) {
    if (other.count == 0.0f) return;
    const float sum = count + other.count, share = other.count / sum, difference = other.mean - mean;
    mean += difference * share;
    square += other.square + difference * difference * (count * share);
    count = sum;
  }
};

/** The sum over the eight lanes of a warp that have the same place among four, the same for each of them. */
__device__ __forceinline__ float sumOfRows(float value) {
  value += exchange(value, 4);
  value += exchange(value, 8);
  return value + exchange(value, 16);
}

__device__ __forceinline__ long long threadOfGrid() { return (long long)blockIdx.x * blockDim.x + threadIdx.x; }

/** The sum, or the largest, over a block of THREADS threads, for all of them. */
template <int THREADS>
__device__ __forceinline__ float blockSum(float value, float* scratch) {
  const int t = threadIdx.x;
  scratch[t] = value;
  __syncthreads();
  for (int half = THREADS / 2; half > 0; half >>= 1) {
    if (t < half) scratch[t] += scratch[t + half];
    __syncthreads();
  }
  const float sum = scratch[0];
  __syncthreads();
  return sum;
}
template <int THREADS>
__device__ __forceinline__ float blockLargest(float value, float* scratch) {
  const int t = threadIdx.x;
  scratch[t] = value;
  __syncthreads();
  for (int half = THREADS / 2; half > 0; half >>= 1) {
    if (t < half) scratch[t] = fmaxf(scratch[t], scratch[t + half]);
    __syncthreads();
  }
  const float largest = scratch[0];
  __syncthreads();
  return largest;
}
