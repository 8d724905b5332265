/** Every kernel, as one module. */
#include "batch-norm.cu"
#include "elementwise.cu"
#include "grouped-conv.cu"
#include "pooling.cu"
#include "pixels.cu"
#include "product.cu"
#include "rows.cu"
#include "updates.cu"
