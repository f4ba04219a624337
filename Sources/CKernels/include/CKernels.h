#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>
#include <stdint.h>

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

/// values = 1 / (1 + e^-values), in place, to the last bit as `logistic` in Swift computes it.
void ckernels_logistic(size_t count, float *values);

/// C = A B in whole numbers, or C += A B when `accumulate` is not 0.
///
/// A is [rows, 2 * pairs], its rows `a_stride` numbers apart; B is [pairs, columns, 2], two numbers of the depth side by
/// side; C is [rows, columns]. `columns` is a multiple of 16. The caller sees to it that no sum leaves 32 bits; then C is
/// exact, and the same on every processor.
///
/// `body` below 0 takes the fastest one that this processor runs; tests name each of `ckernels_whole_bodies`, from 0.
void ckernels_multiply_whole(
    int body, size_t rows, size_t columns, size_t pairs, const int16_t *a, size_t a_stride, const int16_t *b,
    int32_t *c, int accumulate);

/// How many bodies of `ckernels_multiply_whole` this processor runs.
int ckernels_whole_bodies(void);

/// out = values * scale, rounded to whole numbers, ties to even, within +-32,767. NaN has no promised result.
void ckernels_to_whole(size_t count, const float *values, float scale, int16_t *out);

/// out = max(0, (sums + more + most) * factors + biases), rounded like `ckernels_to_whole`; product and sum are rounded
/// apart. `more` and `most` may be null. `width` is a multiple of 8.
void ckernels_rectify(
    size_t width, const int32_t *sums, const int32_t *more, const int32_t *most,
    const float *factors, const float *biases, int16_t *out);

/// out = sums * factors + biases for the first 8 sums of each row, rows of `sums` being `stride` numbers apart; product and
/// sum are rounded apart. `out` is [rows, 8].
void ckernels_scale(
    size_t rows, size_t stride, const int32_t *sums, const float *factors, const float *biases,
    float *out);

#endif
