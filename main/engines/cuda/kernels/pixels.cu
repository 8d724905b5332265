/** From pixels to what a network is shown: a part of each image, bilinear between its pixels, as numbers. */
#include "primitives.cuh"

struct SampleShape {
  int batch, frames, from, to;
  float scale[3], shift[3];
};

/** Between which two pixels a place lies, and how far from the first. */
struct Between {
  int low, high;
  float share;
};
__device__ __forceinline__ Between between(float place, int size) {
  const int low = (int)place;
  return {low, low + 1 < size ? low + 1 : low, place - (float)low};
}

/**
 * Pixels are [batch, frames, from, from, 3], views [batch, rows, columns, erased rows, erased columns: to]; a thread makes a place of
 * the activation [batch, frames, to, to, a pack].
 */
template <class T>
__device__ __forceinline__ void samplePixels(const unsigned char* pixels, const float* views, T* y, const SampleShape& p) {
  const long long i = threadOfGrid();
  if (i >= (long long)p.batch * p.frames * p.to * p.to) return;
  const int column = (int)(i % p.to), row = (int)(i / p.to % p.to), frame = (int)(i / ((long long)p.to * p.to));
  const float* view = views + (long long)(frame / p.frames) * 4 * p.to;
  Pack<T> shown{};
  if (view[2 * p.to + row] == 0.0f || view[3 * p.to + column] == 0.0f) {
    const Between h = between(view[row], p.from), w = between(view[p.to + column], p.from);
    const unsigned char* image = pixels + (long long)frame * p.from * p.from * 3;
    const unsigned char *low = image + h.low * p.from * 3, *high = image + h.high * p.from * 3;
    UNROLLED
    for (int c = 0; c < 3; c++) {
      const float above = (1.0f - w.share) * (float)low[w.low * 3 + c] + w.share * (float)low[w.high * 3 + c];
      const float below = (1.0f - w.share) * (float)high[w.low * 3 + c] + w.share * (float)high[w.high * 3 + c];
      shown.at[c] = ((1.0f - h.share) * above + h.share * below) * p.scale[c] + p.shift[c];
    }
  }
  storePack(y, i, shown);
}
KERNEL void sample_pixels_f32(const unsigned char* pixels, const float* views, float* y, SampleShape p) {
  samplePixels<float>(pixels, views, y, p);
}
KERNEL void sample_pixels_bf16(const unsigned char* pixels, const float* views, bf16* y, SampleShape p) {
  samplePixels<bf16>(pixels, views, y, p);
}
SINGLE(sample_pixels_f32) SINGLE(sample_pixels_bf16)
