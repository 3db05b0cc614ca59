/** Seeds that failed once, each for a reason of its own; they are played first, for ever. */
export const corpus: readonly number[] = [
  4, // a lost answer of the store: effects of a stored decision were not carried out
  15, // a lost answer at creation: a stored workflow that nobody ran
  20, // a claim whose record could not be written was never tried again
  23, // a start that was tried again made an ended pod anew
  40, // a script that could not be written into its container failed the node
  42, // a record of what is to be removed stayed until the next start
  43, // a container set that a deadline ended left its DAG waiting
  44, // likewise for a deleted workflow
  63, // locks given up by a run that was opened anew woke nobody
  172, // pods kept by podGC were forgotten by a restart
  219, // a lock given up in a commit whose answer was lost woke nobody
  240, // likewise for those that go with the workflow
  485, // a daemon outlived its workflow after a lost answer
  524, // a pod that vanished while the engine was away was never reported
  746, // containers of a suspended workflow were removed by a restart
  1046, // a container set whose pod vanished never ended
  1093, // a lock given up in a commit that was refused had two holders
  1318, // a daemon of a run that was opened anew was stopped and not removed
  655, // a pod that waited for the engine's first list was started after its workflow had been deleted
  1508, // a volume whose creation was answered to nobody stayed when its workflow was deleted
  1657, // likewise, of a workflow that was deleted after a restart
  2952, // as 655: a deletion did not wait for the engine's first list, and what had been asked for before was started after it
  3994, // a daemon of a run that was opened anew outlived a workflow that ended by an error
  4372, // a run that was opened anew hung a task below itself, after a Retry node that a cache had answered
  64, // a pod stopped below a DAG that was over was started, not stopped, after a restart
  598, // a mark left by a visit that ended further up kept a pod's result from being heard
]
