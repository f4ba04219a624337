#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>

/// C = A B, or C += A B when `accumulate` is not 0.
///
/// A is [rows, depth] with any strides (so that it may be read transposed), B is [depth, columns] and C is
/// [rows, columns], both with contiguous rows; strides count floats. Nothing may overlap C.
///
/// Each number of C is summed over `depth` in ascending order, one rounded product and one rounded sum at a time and
/// never fused: the result is the same to the last bit on every IEEE processor and in the portable Swift kernel.
void ckernels_multiply(
    size_t rows, size_t columns, size_t depth,
    const float *a, size_t a_row_stride, size_t a_column_stride,
    const float *b, size_t b_row_stride,
    float *c, size_t c_row_stride, int accumulate);

#endif
