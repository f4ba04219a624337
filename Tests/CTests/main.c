/* Runs all tests, or those whose names hold the argument, each in the order of its file. */
#include "tests.h"

int checks_failed = 0;

int main(int count, char **arguments) {
  const test *files[] = {lesson_tests, border_tests, waiting_tests};
  int passed = 0, failed = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (size_t file = 0; file < sizeof files / sizeof *files; file++)
    for (const test *test = files[file]; test->name; test++) {
      if (count > 1 && !strstr(test->name, arguments[1])) continue;
      int before = checks_failed;
      test->run();
      bool holds = checks_failed == before;
      printf("%s %s\n", holds ? "ok    " : "FAILED", test->name);
      holds ? passed++ : failed++;
    }
  printf("%d passed, %d failed\n", passed, failed);
  return failed || !passed;
}
