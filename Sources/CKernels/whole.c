// The layers of the tutor's network in whole numbers: weights of one byte, inputs of two, sums of four.
//
// Whole sums are exact, so nothing depends on their order, on fused steps, or on how wide a processor's vectors are. What
// is rounded is rounded in the same few steps everywhere. On x86-64 one text is compiled for SSE2, AVX2, AVX-512 and its
// dot products (VNNI); elsewhere plain loops are left to the compiler.

#include "include/CKernels.h"
#include "vectors.h"

#pragma STDC FP_CONTRACT OFF

// Two numbers of 16 bits, side by side, as one of 32.
typedef int32_t pair_alias __attribute__((may_alias, aligned(2)));

#if defined(__x86_64__)
#include <immintrin.h>

// SUMS + the products of two pairs in each 32 bits.
#define DOT4(SUMS, A, B) _mm_add_epi32(SUMS, _mm_madd_epi16(A, B))
#define DOT8(SUMS, A, B) _mm256_add_epi32(SUMS, _mm256_madd_epi16(A, B))
#define DOT16(SUMS, A, B) _mm512_dpwssd_epi32(SUMS, A, B)

// ROWS by LANES * VECTORS numbers of C, held in registers over the whole depth.
#define BLOCK(TYPE, ROWS, VECTORS, LANES, LOAD, STORE, SPREAD, DOT, ZERO)                        \
  do {                                                                                           \
    TYPE sums[ROWS][VECTORS];                                                                    \
    UNROLLED for (size_t r = 0; r < ROWS; r++)                                                   \
      UNROLLED for (size_t v = 0; v < VECTORS; v++)                                              \
        sums[r][v] = accumulate                                                                  \
            ? LOAD((const void *)(c + (row + r) * columns + column + LANES * v)) : ZERO;         \
    for (size_t k = 0; k < pairs; k++) {                                                         \
      TYPE right[VECTORS];                                                                       \
      UNROLLED for (size_t v = 0; v < VECTORS; v++)                                              \
        right[v] = LOAD((const void *)(b + 2 * (k * columns + column + LANES * v)));             \
      UNROLLED for (size_t r = 0; r < ROWS; r++) {                                               \
        TYPE left = SPREAD(((const pair_alias *)(a + (row + r) * a_stride))[k]);                 \
        UNROLLED for (size_t v = 0; v < VECTORS; v++)                                            \
          sums[r][v] = DOT(sums[r][v], left, right[v]);                                          \
      }                                                                                          \
    }                                                                                            \
    UNROLLED for (size_t r = 0; r < ROWS; r++)                                                   \
      UNROLLED for (size_t v = 0; v < VECTORS; v++)                                              \
        STORE((void *)(c + (row + r) * columns + column + LANES * v), sums[r][v]);               \
  } while (0)

#define BLOCK4(ROWS, VECTORS)                                                                    \
  BLOCK(__m128i, ROWS, VECTORS, 4, _mm_loadu_si128, _mm_storeu_si128, _mm_set1_epi32, DOT4, _mm_setzero_si128())
#define BLOCK8(ROWS, VECTORS)                                                                    \
  BLOCK(__m256i, ROWS, VECTORS, 8, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_set1_epi32, DOT8, _mm256_setzero_si256())
#define BLOCK16(ROWS, VECTORS)                                                                   \
  BLOCK(__m512i, ROWS, VECTORS, 16, _mm512_loadu_si512, _mm512_storeu_si512, _mm512_set1_epi32, DOT16, _mm512_setzero_si512())

#define PARAMETERS                                                                               \
  size_t rows, size_t columns, size_t pairs, const int16_t *a, size_t a_stride, const int16_t *b, \
      int32_t *c, int accumulate

static void multiply_sse2(PARAMETERS) {
  size_t row = 0;
  for (; row + 3 <= rows; row += 3)
    for (size_t column = 0; column < columns; column += 16) BLOCK4(3, 4);
  for (; row < rows; row++)
    for (size_t column = 0; column < columns; column += 16) BLOCK4(1, 4);
}

__attribute__((target("avx2"))) static void multiply_avx2(PARAMETERS) {
  size_t row = 0;
  for (; row + 6 <= rows; row += 6)
    for (size_t column = 0; column < columns; column += 16) BLOCK8(6, 2);
  for (; row < rows; row++) {
    size_t column = 0;
    for (; column + 64 <= columns; column += 64) BLOCK8(1, 8);
    for (; column < columns; column += 16) BLOCK8(1, 2);
  }
}

__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"), min_vector_width(512)))
static void multiply_vnni(PARAMETERS) {
  size_t row = 0;
  for (; row + 12 <= rows; row += 12) {
    size_t column = 0;
    for (; column + 32 <= columns; column += 32) BLOCK16(12, 2);
    for (; column < columns; column += 16) BLOCK16(12, 1);
  }
  for (; row + 4 <= rows; row += 4) {
    size_t column = 0;
    for (; column + 64 <= columns; column += 64) BLOCK16(4, 4);
    for (; column < columns; column += 16) BLOCK16(4, 1);
  }
  for (; row < rows; row++) {
    size_t column = 0;
    for (; column + 128 <= columns; column += 128) BLOCK16(1, 8);
    for (; column + 64 <= columns; column += 64) BLOCK16(1, 4);
    for (; column < columns; column += 16) BLOCK16(1, 1);
  }
}

int ckernels_whole_bodies(void) {
  if (!__builtin_cpu_supports("avx2")) return 1;
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw")
          && __builtin_cpu_supports("avx512vl") ? 3 : 2;
}

void ckernels_multiply_whole(int body, PARAMETERS) {
  switch (body < 0 ? ckernels_whole_bodies() - 1 : body) {
  case 2: multiply_vnni(rows, columns, pairs, a, a_stride, b, c, accumulate); return;
  case 1: multiply_avx2(rows, columns, pairs, a, a_stride, b, c, accumulate); return;
  default: multiply_sse2(rows, columns, pairs, a, a_stride, b, c, accumulate);
  }
}
#else
int ckernels_whole_bodies(void) { return 1; }

void ckernels_multiply_whole(
    int body, size_t rows, size_t columns, size_t pairs, const int16_t *a, size_t a_stride, const int16_t *b,
    int32_t *c, int accumulate) {
  (void)body;
  for (size_t row = 0; row < rows; row++) {
    const int16_t *left = a + row * a_stride;
    for (size_t column = 0; column < columns; column += 16) {
      int32_t sums[16] = {0};
      for (size_t k = 0; k < pairs; k++)
        UNROLLED for (size_t i = 0; i < 16; i++) {
          const int16_t *right = b + 2 * (k * columns + column + i);
          sums[i] += left[2 * k] * right[0] + left[2 * k + 1] * right[1];
        }
      int32_t *out = c + row * columns + column;
      for (size_t i = 0; i < 16; i++) out[i] = accumulate ? out[i] + sums[i] : sums[i];
    }
  }
}
#endif

// What is added to a float below 2^22 and taken away again as bits, to round it to the nearest whole number, ties to even.
#define ROUNDER 12582912.0f
#define ROUND8(value) ((vector8i)((value) + ROUNDER) - 0x4B400000)
#define CLAMP8(value, least, most)                                                               \
  CHOOSE((value) < (least), least, CHOOSE((value) > (most), most, value))

MULTIVERSION void ckernels_to_whole(size_t count, const float *values, float scale, int16_t *out) {
  vector8 most = (vector8){0} + 32767.0f;
#define WHOLE8(place)                                                                            \
  (*(vector8s *)(out + (place)) = __builtin_convertvector(                                       \
       ROUND8(CLAMP8(LOAD8(values + (place)) * scale, -most, most)), vector8s))
  size_t place = 0;
  for (; place + 8 <= count; place += 8) WHOLE8(place);
  if (place == count) return;
  // The last few once more with those before them.
  if (count >= 8) {
    WHOLE8(count - 8);
    return;
  }
  float rest[8] = {0};
  int16_t whole[8];
  for (size_t i = 0; i < count; i++) rest[i] = values[i];
  ckernels_to_whole(8, rest, scale, whole);
  for (size_t i = 0; i < count; i++) out[i] = whole[i];
}

MULTIVERSION void ckernels_rectify(
    size_t width, const int32_t *sums, const int32_t *more, const int32_t *most,
    const float *factors, const float *biases, int16_t *out) {
  vector8 least = {0}, greatest = least + 32767.0f;
  for (size_t place = 0; place < width; place += 8) {
    vector8i sum = *(const vector8i *)(sums + place);
    if (more) sum += *(const vector8i *)(more + place);
    if (most) sum += *(const vector8i *)(most + place);
    vector8 value =
        __builtin_convertvector(sum, vector8) * LOAD8(factors + place) + LOAD8(biases + place);
    *(vector8s *)(out + place) =
        __builtin_convertvector(ROUND8(CLAMP8(value, least, greatest)), vector8s);
  }
}

MULTIVERSION void ckernels_scale(
    size_t rows, size_t stride, const int32_t *sums, const float *factors, const float *biases,
    float *out) {
  for (size_t row = 0; row < rows; row++) {
    vector8i sum = *(const vector8i *)(sums + row * stride);
    STORE8(out + row * 8, __builtin_convertvector(sum, vector8) * LOAD8(factors) + LOAD8(biases));
  }
}
