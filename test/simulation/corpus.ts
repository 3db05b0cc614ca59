/** Seeds that failed once, each for a reason of its own; they are played first, for ever. */
import type { Kind } from './scenario.ts'

type Entry = { readonly seed: number; readonly kind: Kind }

const classic = (seed: number): Entry => ({ seed, kind: 'classic' })
const small = (seed: number): Entry => ({ seed, kind: 'small' })
const wide = (seed: number): Entry => ({ seed, kind: 'wide' })
const tiny = (seed: number): Entry => ({ seed, kind: 'tiny' })
const fleet = (seed: number): Entry => ({ seed, kind: 'fleet' })
const archive = (seed: number): Entry => ({ seed, kind: 'archive' })
const afterlife = (seed: number): Entry => ({ seed, kind: 'afterlife' })

export const corpus: readonly Entry[] = [
  classic(4), // a lost answer of the store: effects of a stored decision were not carried out
  classic(15), // a lost answer at creation: a stored workflow that nobody ran
  classic(20), // a claim whose record could not be written was never tried again
  classic(23), // a start that was tried again made an ended pod anew
  classic(40), // a script that could not be written into its container failed the node
  classic(42), // a record of what is to be removed stayed until the next start
  classic(43), // a container set that a deadline ended left its DAG waiting
  classic(44), // likewise for a deleted workflow
  classic(63), // locks given up by a run that was opened anew woke nobody
  classic(172), // pods kept by podGC were forgotten by a restart
  classic(219), // a lock given up in a commit whose answer was lost woke nobody
  classic(240), // likewise for those that go with the workflow
  classic(485), // a daemon outlived its workflow after a lost answer
  classic(524), // a pod that vanished while the engine was away was never reported
  classic(746), // containers of a suspended workflow were removed by a restart
  classic(1046), // a container set whose pod vanished never ended
  classic(1093), // a lock given up in a commit that was refused had two holders
  classic(1318), // a daemon of a run that was opened anew was stopped and not removed
  classic(655), // a pod that waited for the engine's first list was started after its workflow had been deleted
  classic(1508), // a volume whose creation was answered to nobody stayed when its workflow was deleted
  classic(1657), // likewise, of a workflow that was deleted after a restart
  classic(2952), // as 655: a deletion did not wait for the engine's first list, and what had been asked for before was started after it
  classic(3994), // a daemon of a run that was opened anew outlived a workflow that ended by an error
  classic(4372), // a run that was opened anew hung a task below itself, after a Retry node that a cache had answered
  classic(64), // a pod stopped below a DAG that was over was started, not stopped, after a restart
  classic(598), // a mark left by a visit that ended further up kept a pod's result from being heard
  small(7), // containers of a step that the engine refused for good stayed
  small(84), // a full disk failed a workflow whose claim could not be written down
  small(281), // an engine that was away used up the tries of a transfer
  wide(296), // what had been left over stayed when the store could not be read
  small(338), // a workflow that waited for its turn began when it was resumed, and another never did
  small(412), // one that waited for its turn was stored as waiting when it was terminated
  small(50018), // a pod that ended while its containers were looked for was started again after its removal
  small(3080), // an exit hook that waited for a person went on waiting in a workflow that had been stopped
  small(17894), // a flow waited for containers of a pod that a deadline had ended before a restart
  wide(3934), // a deletion whose answer was lost was done by halves when the store's version could not be read
  wide(2228), // containers of a step that a restart had found and nobody asked for outlived their workflow
  small(5558), // a running daemon was not told again to a suspended run that had been opened anew
  small(929), // a daemon that no longer led took the containers of its successor for nobody's
  tiny(237), // a file that went while the answer about its record was lost was never missed
  tiny(2639), // a daemon that no longer led made a volume
  fleet(5341), // containers of a workflow that was just being taken over were swept away
  fleet(20171), // pods that got their locks together were more than the parallelism
  fleet(20190), // the turn of a workflow that was never stored was not given back by who took over
  fleet(20196), // a workflow that was taken over while the store failed was never taken up
  fleet(20364), // a pod that was not known of after containers had been let go was taken for gone
  fleet(20161), // a member that was cut off showed a workflow that another had deleted
  fleet(30014), // likewise, one that had expired
  fleet(30170), // a run that was opened anew beside a step asked again for pods that had ended in it
  fleet(31046), // an end that was not stored yet had its pod removed, and the pod was made and started anew
  fleet(1673), // a claim that was still being made stood again after its removal
  fleet(31065), // a child of a CronWorkflow that nobody could note did not keep the next one from being started
  small(6924), // a daemon that stood still started a pod that another had finished meanwhile
  small(7219), // likewise
  archive(287), // a clock that was set forward while workflows were archived had the archive rest as long
  afterlife(68), // retention that the store refused was not tried again
  afterlife(95), // failed attempts of a retried pod were carried into a memoized resubmission, which waited for them for ever
  afterlife(20), // likewise, of a flow that is retried as a whole
  afterlife(368), // retention deleted a workflow that was just being taken out of the archive
  afterlife(263), // a retry opened a failed flow and its exit hook, and each waited for the other
  afterlife(473), // a memoized resubmission waited for an exit hook that nobody would begin
  afterlife(70), // an archived copy whose removal was not answered left an older picture of the workflow
  afterlife(524), // failed pods that a memoized resubmission carried along began whatever the parallelism
  afterlife(160), // a volume that an overtaken daemon was just having made outlived its workflow
  archive(310), // a pod beside a step that could not begin outlived its workflow when its run was opened anew
  afterlife(937), // what the deletion of an archived workflow removed were the pods of its retry, too
  afterlife(643), // likewise
  wide(280), // containers of a pod that a deadline had ended before a restart were running in an ended workflow
  small(58561), // the judge's fault: the engine refused for good to start what it had started, and that went on with its next container
  wide(81561), // a workflow that was opened anew ended before the exit node of a loop that its stopped DAG had not waited for
  fleet(116721), // a start swept away the pods of a workflow that had just become ours and was not in memory yet
  afterlife(219), // a memoized resubmission waited for a hook of a pod that it carried along
  small(162069), // an exit hook that waited for a lock was open in a workflow that an error had ended
  small(189657), // exit hooks of items that an error had kept from coming to be ran after a restart, and waited for each other's lock
  small(184243), // the judge's fault: a start that the engine refused for good was let through where it was asked for twice
  small(232170), // the judge's fault: templates that shared a cache entry made different things
  small(199003), // a pod that had been asked for before the engine's first list was started though its node had ended meanwhile
  wide(210989), // a daemon that was told of twice while its workflow was suspended was not heard when that went on
  wide(208961), // a daemon whose step was over went while a commit was refused, and nobody noticed after the restart
  wide(367314), // a workflow that was terminated while the answer of its creation was lost began once more
  wide(396084), // a volume that came to be once more with the pod that an overtaken daemon was just having made outlived its workflow
  fleet(304648), // likewise, in a fleet: it was taken up from the store while its creation looked for it there
  fleet(103), // a lock that a workflow waited for was given to its new owner after it had deleted it, and was kept for ever
  fleet(758605), // a lock that was being given back was taken for granted, and the store gave it to another meanwhile
  fleet(1203), // a member that had been away stored a tick whose CronWorkflow another had ticked and deleted
  fleet(2250), // what another member had changed was not read again where the store refused it once
  wide(1139162), // a start that an overtaken daemon had asked for came after its step had ended, as another could not prepare it
  fleet(1229682), // an exit hook below a node that a deadline ended kept its lock, and the workflow's own exit handler waited for it
  small(1261472), // what a deadline had ended was asked for once more after a commit was refused, and its group was never told
  fleet(1258541), // likewise
  small(1338139), // the judge's fault: one that was frozen took away what the new leader had made, though it led no more
  small(1389485), // likewise
  fleet(3742), // the judge's fault: locks that nobody takes are given back by a clock that was not the simulated one
]
