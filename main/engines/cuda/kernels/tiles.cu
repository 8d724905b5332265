/**
 * Convolutions by tensor cores with the tiles that a card may find faster than the usual ones: a module of its own, which is loaded
 * when one of them is first launched, since a driver compiles it for seconds when it sees it for the first time.
 */
#include "tensor-conv.cuh"

PLANE_TILE(128, 128, 32, 2)
PLANE_TILE(128, 128, 32, 4)
PLANE_TILE(128, 256, 64, 3)
PLANE_TILE(256, 128, 64, 3)
PLANE_TILE(256, 64, 32, 2)
PLANE_TILE(128, 64, 32, 4)
PLANE_TILE(64, 128, 32, 4)
PLANE_TILE(64, 64, 16, 4)
PLANE_WEIGHT_GRADIENT(128, 128, 2)
PLANE_WEIGHT_GRADIENT(256, 128, 3)
PLANE_WEIGHT_GRADIENT(128, 64, 4)
PLANE_WEIGHT_GRADIENT(64, 64, 4)
