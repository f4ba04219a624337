// The matrix product of the tutor's network: register blocks of 6 rows by 16 columns in GNU vector types.
//
// On x86-64 the compiler makes two bodies of the one text, for SSE2 and for AVX2, and the loader picks one; elsewhere
// the attribute is dropped and the vectors become what the processor has. Products and sums are kept apart: a fused
// multiply-add rounds once where others round twice, and two replicas would then rank two close items differently.

#include "include/CKernels.h"

#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__) && defined(__linux__)
#define MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define MULTIVERSION
#endif

typedef float vector8 __attribute__((vector_size(32), aligned(4), may_alias));

#define UNROLLED _Pragma("clang loop unroll(full)")

// One block of ROWS by 8 * VECTORS numbers of C, held in registers over the whole depth.
#define BLOCK(ROWS, VECTORS)                                                       \
  do {                                                                             \
    vector8 sums[ROWS][VECTORS];                                                   \
    UNROLLED for (size_t r = 0; r < ROWS; r++)                                     \
      UNROLLED for (size_t v = 0; v < VECTORS; v++)                                \
        sums[r][v] = accumulate                                                    \
            ? *(const vector8 *)(c + (row + r) * c_row_stride + column + 8 * v)    \
            : (vector8){0};                                                        \
    for (size_t k = 0; k < depth; k++) {                                           \
      vector8 right[VECTORS];                                                      \
      UNROLLED for (size_t v = 0; v < VECTORS; v++)                                \
        right[v] = *(const vector8 *)(b + k * b_row_stride + column + 8 * v);      \
      UNROLLED for (size_t r = 0; r < ROWS; r++) {                                 \
        float left = a[(row + r) * a_row_stride + k * a_column_stride];            \
        UNROLLED for (size_t v = 0; v < VECTORS; v++)                              \
          sums[r][v] += left * right[v];                                           \
      }                                                                            \
    }                                                                              \
    UNROLLED for (size_t r = 0; r < ROWS; r++)                                     \
      UNROLLED for (size_t v = 0; v < VECTORS; v++)                                \
        *(vector8 *)(c + (row + r) * c_row_stride + column + 8 * v) = sums[r][v];  \
  } while (0)

// The last columns, fewer than 8.
#define TAIL(ROWS)                                                                 \
  for (; column < columns; column++)                                               \
    for (size_t r = 0; r < ROWS; r++) {                                            \
      float sum = accumulate ? c[(row + r) * c_row_stride + column] : 0;           \
      for (size_t k = 0; k < depth; k++)                                           \
        sum += a[(row + r) * a_row_stride + k * a_column_stride]                   \
            * b[k * b_row_stride + column];                                        \
      c[(row + r) * c_row_stride + column] = sum;                                  \
    }

MULTIVERSION void ckernels_multiply(
    size_t rows, size_t columns, size_t depth,
    const float *a, size_t a_row_stride, size_t a_column_stride,
    const float *b, size_t b_row_stride,
    float *c, size_t c_row_stride, int accumulate) {
  size_t row = 0;
  for (; row + 6 <= rows; row += 6) {
    size_t column = 0;
    for (; column + 16 <= columns; column += 16) BLOCK(6, 2);
    for (; column + 8 <= columns; column += 8) BLOCK(6, 1);
    TAIL(6)
  }
  for (; row < rows; row++) {
    size_t column = 0;
    for (; column + 64 <= columns; column += 64) BLOCK(1, 8);
    for (; column + 8 <= columns; column += 8) BLOCK(1, 1);
    TAIL(1)
  }
}
