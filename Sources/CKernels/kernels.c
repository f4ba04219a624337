// The matrix product of training, and the recurrent step of the tutor's network, in float32. The product goes by register
// blocks of 6 rows by 16 columns in GNU vector types.
//
// On x86-64 the compiler makes several bodies of the one text, for SSE2, AVX2 and AVX-512, and the loader picks one; the
// product has wider blocks of its own for AVX-512. Elsewhere the attribute is dropped and the vectors become what the
// processor has. Products and sums are kept apart: a fused multiply-add rounds once where others round twice, and two
// replicas would then rank two close items differently.

#include "include/CKernels.h"
#include "vectors.h"

#pragma STDC FP_CONTRACT OFF

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

#if defined(__x86_64__) && defined(__linux__)
typedef float vector16 __attribute__((vector_size(64), aligned(4), may_alias));

// The same block of ROWS by 16 * VECTORS in 512-bit registers, of which there are twice as many.
#define WIDE_BLOCK(ROWS, VECTORS)                                                  \
  do {                                                                             \
    vector16 sums[ROWS][VECTORS];                                                  \
    UNROLLED for (size_t r = 0; r < ROWS; r++)                                     \
      UNROLLED for (size_t v = 0; v < VECTORS; v++)                                \
        sums[r][v] = accumulate                                                    \
            ? *(const vector16 *)(c + (row + r) * c_row_stride + column + 16 * v)  \
            : (vector16){0};                                                       \
    for (size_t k = 0; k < depth; k++) {                                           \
      vector16 right[VECTORS];                                                     \
      UNROLLED for (size_t v = 0; v < VECTORS; v++)                                \
        right[v] = *(const vector16 *)(b + k * b_row_stride + column + 16 * v);    \
      UNROLLED for (size_t r = 0; r < ROWS; r++) {                                 \
        float left = a[(row + r) * a_row_stride + k * a_column_stride];            \
        UNROLLED for (size_t v = 0; v < VECTORS; v++)                              \
          sums[r][v] += left * right[v];                                           \
      }                                                                            \
    }                                                                              \
    UNROLLED for (size_t r = 0; r < ROWS; r++)                                     \
      UNROLLED for (size_t v = 0; v < VECTORS; v++)                                \
        *(vector16 *)(c + (row + r) * c_row_stride + column + 16 * v) = sums[r][v];\
  } while (0)

// For processors with AVX-512.
__attribute__((target("arch=x86-64-v4"), min_vector_width(512))) static void multiply_wide(
    size_t rows, size_t columns, size_t depth,
    const float *a, size_t a_row_stride, size_t a_column_stride,
    const float *b, size_t b_row_stride,
    float *c, size_t c_row_stride, int accumulate) {
  size_t row = 0;
  for (; row + 12 <= rows; row += 12) {
    size_t column = 0;
    for (; column + 32 <= columns; column += 32) WIDE_BLOCK(12, 2);
    for (; column + 8 <= columns; column += 8) BLOCK(12, 1);
    TAIL(12)
  }
  for (; row + 4 <= rows; row += 4) {
    size_t column = 0;
    for (; column + 32 <= columns; column += 32) WIDE_BLOCK(4, 2);
    for (; column + 8 <= columns; column += 8) BLOCK(4, 1);
    TAIL(4)
  }
  for (; row < rows; row++) {
    size_t column = 0;
    for (; column + 128 <= columns; column += 128) WIDE_BLOCK(1, 8);
    for (; column + 32 <= columns; column += 32) WIDE_BLOCK(1, 2);
    for (; column + 8 <= columns; column += 8) BLOCK(1, 1);
    TAIL(1)
  }
}
#endif

MULTIVERSION static void multiply(
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

void ckernels_multiply(
    size_t rows, size_t columns, size_t depth,
    const float *a, size_t a_row_stride, size_t a_column_stride,
    const float *b, size_t b_row_stride,
    float *c, size_t c_row_stride, int accumulate) {
#if defined(__x86_64__) && defined(__linux__)
  if (__builtin_cpu_supports("x86-64-v4")) {
    multiply_wide(
        rows, columns, depth, a, a_row_stride, a_column_stride, b, b_row_stride, c, c_row_stride,
        accumulate);
    return;
  }
#endif
  multiply(
      rows, columns, depth, a, a_row_stride, a_column_stride, b, b_row_stride, c, c_row_stride,
      accumulate);
}

// OUT = 1 / (1 + e^-IN), step by step what `logistic` in Swift does. A macro, for a function that takes vectors has
// another calling convention in each body.
#define LOGISTIC8(OUT, IN)                                                         \
  do {                                                                             \
    vector8 x_ = (IN);                                                             \
    x_ = CHOOSE(x_ < -30.0f, (vector8){0} - 30.0f, x_);                            \
    x_ = CHOOSE(x_ > 30.0f, (vector8){0} + 30.0f, x_);                             \
    vector8 k_ = (x_ * -1.442695f + 12582912.0f) - 12582912.0f;                    \
    vector8 r_ = (-x_ - k_ * 0.693145751953125f) - k_ * 1.4286068203094173e-06f;   \
    vector8 e_ = (vector8){0} + 1.0f / 720.0f;                                     \
    e_ = e_ * r_ + 1.0f / 120.0f;                                                  \
    e_ = e_ * r_ + 1.0f / 24.0f;                                                   \
    e_ = e_ * r_ + 1.0f / 6.0f;                                                    \
    e_ = e_ * r_ + 0.5f;                                                           \
    e_ = e_ * r_ + 1.0f;                                                           \
    e_ = e_ * r_ + 1.0f;                                                           \
    vector8i power_ = (__builtin_convertvector(k_, vector8i) + 127) << 23;         \
    (OUT) = 1.0f / (1.0f + e_ * (vector8)power_);                                  \
  } while (0)

MULTIVERSION void ckernels_recur(
    size_t rows, size_t width, const float *x_gates, const float *h_gates,
    const float *candidate_bias, const float *state, float *next, size_t stride, float *saved) {
  for (size_t row = 0; row < rows; row++) {
    const float *x = x_gates + row * 3 * width;
    const float *h = h_gates + row * 3 * width;
    for (size_t unit = 0; unit < width; unit += 8) {
      vector8 before = LOAD8(state + row * stride + unit);
      vector8 reset, update, candidate;
      LOGISTIC8(reset, LOAD8(x + unit) + LOAD8(h + unit));
      LOGISTIC8(update, LOAD8(x + width + unit) + LOAD8(h + width + unit));
      vector8 kept = LOAD8(h + 2 * width + unit) + LOAD8(candidate_bias + unit);
      vector8 sum = LOAD8(x + 2 * width + unit) + reset * kept;
      LOGISTIC8(candidate, 2.0f * sum);
      candidate = 2.0f * candidate - 1.0f;
      STORE8(next + row * stride + unit, candidate + update * (before - candidate));
      if (saved) {
        float *out = saved + row * 4 * width + unit;
        STORE8(out, reset);
        STORE8(out + width, update);
        STORE8(out + 2 * width, candidate);
        STORE8(out + 3 * width, kept);
      }
    }
  }
}

MULTIVERSION void ckernels_logistic(size_t count, float *values) {
  size_t place = 0;
  for (; place + 8 <= count; place += 8) {
    vector8 out;
    LOGISTIC8(out, LOAD8(values + place));
    STORE8(values + place, out);
  }
  if (place == count) return;
  vector8 rest = {0}, out;
  for (size_t i = place; i < count; i++) rest[i - place] = values[i];
  LOGISTIC8(out, rest);
  for (size_t i = place; i < count; i++) values[i] = out[i - place];
}
