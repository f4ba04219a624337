// What both kernels are written with: vectors of eight floats, and several bodies of one text.
#ifndef CKERNELS_VECTORS_H
#define CKERNELS_VECTORS_H

// The loader picks before a sanitizer is ready, and its choosing is compiled with it: under one there is one body.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

#if defined(__x86_64__) && defined(__linux__) && !defined(SANITIZED)
#define MULTIVERSION __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define MULTIVERSION
#endif

typedef float vector8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int vector8i __attribute__((vector_size(32), aligned(4), may_alias));
typedef short vector8s __attribute__((vector_size(16), aligned(2), may_alias));

#define UNROLLED _Pragma("clang loop unroll(full)")

#define LOAD8(place) (*(const vector8 *)(place))
#define STORE8(place, value) (*(vector8 *)(place) = (value))
#define CHOOSE(condition, yes, no)                                                 \
  ((vector8)(((vector8i)(yes) & (condition)) | ((vector8i)(no) & ~(condition))))

#endif
