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

/// One step of gated recurrent units (Cho et al. 2014, eq. 5 to 8, with the reset after the product):
///
///     r = s(x_r + h_r)   z = s(x_z + h_z)   n = tanh(x_n + r * (h_n + candidate_bias))   next = n + z * (state - n)
///
/// `x_gates` and `h_gates` are [rows, 3 * width] in the order r, z, n; rows of `state` and `next` lie `stride` floats
/// apart, and may be the same memory. `width` is a multiple of 8. Unless it is null, `saved` [rows, 4 * width] takes
/// r, z, n and h_n + candidate_bias. Made of + - * / alone: the same to the last bit as the portable Swift kernel.
void ckernels_recur(
    size_t rows, size_t width, const float *x_gates, const float *h_gates,
    const float *candidate_bias, const float *state, float *next, size_t stride, float *saved);

#endif
