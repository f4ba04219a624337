/* All tests, by file. */
#ifndef TESTS_H
#define TESTS_H

#include "check.h"

#include <stdlib.h>

extern const test lesson_tests[], border_tests[], waiting_tests[];

#endif
