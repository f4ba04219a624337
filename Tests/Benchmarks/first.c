/*
 * The smallest client: opens a store, asks what a learner should do now, and prints it, and ends at the end of its input.
 * `satchel bench open --client` measures how long that takes from its start, and looks at its memory before it ends.
 *
 * Usage: first STORE LEARNER
 */
#include <satchel.h>
#include <stdio.h>

int main(int count, char **arguments) {
  if (count != 3) return 64;
  satchel_replica *replica = NULL;
  satchel_recommendations *next = NULL;
  if (satchel_replica_open(arguments[1], SATCHEL_OPEN_EXISTING, &replica) != SATCHEL_OK ||
      satchel_learner_recommend(replica, arguments[2], NULL, 1, SATCHEL_ENGLISH, SATCHEL_NOW, &next) != SATCHEL_OK) {
    fprintf(stderr, "%s\n", satchel_last_error_message(SATCHEL_ENGLISH));
    return 1;
  }
  puts(next->list[0]->item);
  fflush(stdout);
  while (getchar() != EOF) {
  }
  satchel_free(next);
  satchel_replica_close(replica);
  return 0;
}
