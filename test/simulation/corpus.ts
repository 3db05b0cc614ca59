/** Seeds that failed once, each for a reason of its own; they are played first, for ever. */
export const corpus: readonly number[] = [
  4, // a lost answer of the store: effects of a stored decision were not carried out
  15, // a lost answer at creation: a stored workflow that nobody ran
  20, // a claim whose record could not be written was never tried again
  23, // a start that was tried again made an ended pod anew
  40, // a script that could not be written into its container failed the node
  42, // a record of what is to be removed stayed until the next start
  44, // likewise for a deleted workflow
  63, // locks given up by a run that was opened anew woke nobody
  172, // pods kept by podGC were forgotten by a restart
  240, // likewise for those that go with the workflow
]
