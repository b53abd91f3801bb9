/* The commit that a program was built from. A target of its own: a new commit compiles this alone, and links again. */
#ifndef CVERSION_H
#define CVERSION_H

/* As git describes it: "abc1234", or "abc1234-modified" where files differed from it. Empty where it is not known. */
const char *cv_commit(void);

#endif
