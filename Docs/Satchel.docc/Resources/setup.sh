cp ../satchel/Fixtures/course/arithmetic-to-algebra.satchelpack .
