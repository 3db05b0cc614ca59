/** Mistakes about what several controllers share: locks, turns, capacity, commands, and what they hear of each other. */
import type { Mutant } from '../mutant.ts'

const sharedLocks = 'src/controller/fleet/shared-locks.ts'
const sharedTurns = 'src/controller/fleet/shared-turns.ts'
const lockDesk = 'src/controller/fleet/lock-desk.ts'
const grants = 'src/store/fleet-locks.ts'
const fleetDisk = 'src/store/memory/fleet-disk.ts'
const memoryFleet = 'src/store/memory/fleet.ts'

const all: readonly Mutant[] = [
  {
    name: 'a shared lock has one place too many',
    file: grants,
    find: 'if (this.#isBlocked || this.free <= 0) return false',
    replace: 'if (this.#isBlocked || this.free < 0) return false',
  },
  {
    name: 'a shared lock that was granted counts as free in the same pass',
    file: grants,
    find: '    this.free -= 1\n',
    replace: '',
  },
  {
    name: 'a shared lock is for others before the commit that gives it up is stored',
    file: sharedLocks,
    find: '    const leaving = this.#leaving.get(grant.key)\n    if (leaving === undefined) this.#leaving.set(grant.key, new Map([[holder, grant]]))\n    else leaving.set(holder, grant)\n',
    replace: '    this.#giveBack(holder, grant)\n',
  },
  {
    name: 'a shared lock is not given back',
    file: sharedLocks,
    find: '    for (const [holder, grant] of leaving) this.#giveBack(holder, grant)\n',
    replace: '',
  },
  {
    name: 'a shared lock that is given back and wanted again is forgotten',
    file: sharedLocks,
    find: '    this.#grants.set(holder, { ...grant, taken: new Set() })\n',
    replace: '',
  },
  {
    name: 'who gives up waiting for a shared lock stays in its queue',
    file: sharedLocks,
    find: '    this.#parts.desk.leave(holder, names)\n  }\n\n  #giveBack',
    replace: '  }\n\n  #giveBack',
  },
  {
    name: 'who was granted a shared lock is not woken',
    file: sharedLocks,
    find: '    for (const uid of woken) this.#parts.wake(uid)\n',
    replace: '    void woken\n',
  },
  {
    name: 'a new limit of a shared semaphore is not told',
    file: sharedLocks,
    find: '    this.#parts.desk.limits(changed)\n',
    replace: '    void changed\n',
    tests: ['src/controller/fleet/shared-locks.test.ts'],
  },
  {
    name: 'shared locks are not told of what a status says is held',
    file: sharedLocks,
    find: '    this.#parts.desk.restore({ holder, workflowUid: workflowUid(uid), workflowKey: key, locks })\n',
    replace: '    void locks\n',
  },
  {
    name: 'a return of shared locks that could not be sent is not sent again',
    file: lockDesk,
    find: 'if (leaves.size > 0) await locks.leave([...leaves].map(([holder, names]) => ({ holder, locks: [...names] })))\n    leaves.clear()',
    replace:
      'const sent = [...leaves].map(([holder, names]) => ({ holder, locks: [...names] }))\n    leaves.clear()\n    if (sent.length > 0) await locks.leave(sent)',
    tests: ['src/controller/fleet/lock-desk.test.ts'],
  },
  {
    name: 'shared locks stay with the member that has gone',
    file: memoryFleet,
    find: '      fleet.pass((claim) => claim.member === member, this.name)\n',
    replace: '',
  },
  {
    name: 'shared locks stay with the member that handed their workflow over',
    file: memoryFleet,
    find: '      fleet.pass(({ workflowUid }) => gone.has(workflowUid), to)\n',
    replace: '',
  },
  {
    name: 'shared locks of a workflow that has finished stay with a member that died',
    file: memoryFleet,
    find: '          this.#dropFinished()\n',
    replace: '',
  },
  {
    name: 'nobody is granted what was given back',
    file: memoryFleet,
    find: '        const answer = work()\n        fleet.settle()\n',
    replace: '        const answer = work()\n',
  },
  {
    name: 'what another member changed is read once, whatever comes of it',
    file: 'src/controller/fleet/follower.ts',
    find: '.then(() => persevere(work, { clock: core.clock, signal }))',
    replace: '.then(work)',
    kind: 'fleet',
  },
  {
    name: 'a tick is stored whatever has become of its CronWorkflow',
    file: 'src/controller/objects.ts',
    find: 'this.isShared ? { expected: Number(current?.metadata?.resourceVersion ?? 0) } : {}',
    replace: 'this.isShared && current === null ? { expected: 0 } : {}',
    tests: ['src/controller/objects.test.ts'],
  },
  {
    name: 'what is being given back is taken for granted',
    file: 'src/controller/fleet/grants.ts',
    find: 'grant.locks.filter((name) => !desk.isLeaving(grant.holder, name))',
    replace: 'grant.locks',
    kind: 'fleet',
  },
  {
    name: 'what is given back is forgotten while it is on its way',
    file: 'src/controller/fleet/lock-desk.ts',
    find: '[this.#sent, this.#batch].some',
    replace: '[this.#batch].some',
    tests: ['src/controller/fleet/lock-desk.test.ts'],
  },
  {
    name: 'locks given to workflows that are over are kept',
    file: 'src/controller/fleet/grants.ts',
    find: 'if (held.length === 0 || !this.#isOpen) return',
    replace: 'if (held.length >= 0) return',
    tests: ['src/controller/fleet/remains.test.ts'],
  },
  {
    name: 'a lock is waited for whose workflow another has by now',
    file: 'src/store/memory/fleet.ts',
    find: 'const asked = wanted.filter(({ workflowUid }) => !this.#isAnothers(workflowUid))',
    replace: 'const asked = wanted',
    tests: ['src/store/memory/fleet.test.ts'],
  },
  {
    name: 'the store is not asked after a start what ours hold',
    file: 'src/controller/controller.ts',
    find: '    await fleet?.grants.know()\n',
    replace: '',
  },
  {
    name: 'turns that nobody will use are kept',
    file: sharedTurns,
    find: 'return this.#waiting.has(uid) || this.#begun.has(uid)',
    replace: 'return uid.length > 0 || this.#waiting.has(uid) || this.#begun.has(uid)',
  },
  {
    name: 'a shared turn is not given back at the end',
    file: sharedTurns,
    find: '      this.#desk.leave(holderOf(uid), [everybody, ofNamespace(namespace)])\n',
    replace: '      void holderOf\n',
  },
  {
    name: 'a shared turn is taken without asking',
    file: sharedTurns,
    find: '    this.#waiting.set(uid, applicant)\n    return false',
    replace: '    this.#begun.set(uid, namespace)\n    return true',
  },
  {
    name: 'who has a shared turn is not let in',
    file: sharedTurns,
    find: '      this.#begun.set(uid, applicant.namespace)\n      this.#admit(uid)\n',
    replace: '      this.#begun.set(uid, applicant.namespace)\n',
  },
  {
    name: 'what goes on after a take-over does not count as a shared turn',
    file: sharedTurns,
    find: '    if (this.#begun.has(uid)) return\n    this.#begun.set(uid, namespace)\n    this.#restore(uid, namespace)\n',
    replace: '    if (this.#begun.has(uid)) return\n    this.#begun.set(uid, namespace)\n',
    tests: ['src/controller/fleet/shared-turns.test.ts'],
  },
  {
    name: 'a workflow that goes to another member takes its turn from it',
    file: 'src/controller/fleet/adoption.ts',
    find: '    turns.forget(live.uid)\n',
    replace: '    turns.leave(live.uid)\n',
    tests: ['src/controller/fleet/fleet.test.ts'],
  },
  {
    name: 'a workflow that goes to another member takes its locks from it',
    file: 'src/controller/fleet/adoption.ts',
    find: '    locks.forget(`${live.namespace}/${live.name}`)\n',
    replace: '    locks.releaseWorkflow(`${live.namespace}/${live.name}`)\n',
    tests: ['src/controller/fleet/fleet.test.ts'],
  },
  {
    name: 'who is handed a workflow is not told',
    file: fleetDisk,
    find: "    this.leases.get(to)?.holder?.wake('owned')\n",
    replace: '',
  },
  {
    name: 'members do not hear of objects that others change',
    file: 'src/controller/fleet/follower.ts',
    find: 'this.#inTurn(() => core.objects.reread({ kind, namespace, name }))',
    replace: 'void namespace, void name, void kind',
  },
  {
    name: 'a member that is cut off hears nothing of what it missed',
    file: 'src/store/memory/session.ts',
    find: "for (const news of ['members', 'changes', 'owned', 'grants', 'commands', 'capacity'] as const) this.wake(news)",
    replace: "this.wake('members')",
  },
  {
    name: 'members together take more of an engine than it has',
    file: 'src/store/fleet-shares.ts',
    find: 'of(budget) - taken',
    replace: 'of(budget) - taken * 0',
  },
]

/** Who comes first: nothing that a world at rest shows. */
const inQueues: readonly Mutant[] = [
  {
    name: 'holders get their shared locks one by one',
    file: grants,
    find: 'if (!rows.every((row) => queues.get(row.lock)?.lets(row) === true)) continue',
    replace: 'if (!rows.some((row) => queues.get(row.lock)?.lets(row) === true)) continue',
  },
  {
    name: 'the younger comes before the older in a shared queue',
    file: grants,
    find: 'b.priority - a.priority || a.createdAt - b.createdAt || a.arrival - b.arrival',
    replace: 'b.priority - a.priority || b.createdAt - a.createdAt || a.arrival - b.arrival',
  },
]

export const sharingMutants: readonly Mutant[] = [
  ...all.map((mutant): Mutant => (mutant.tests === undefined ? { ...mutant, kind: 'fleet' } : mutant)),
  ...inQueues.map((mutant): Mutant => ({
    ...mutant,
    tests: ['src/store/fleet-locks.test.ts', 'src/store/memory/fleet.test.ts'],
  })),
  {
    name: 'Postgres: shared locks are asked for under an old epoch',
    file: 'src/store/postgres/fleet-lock-functions.ts',
    find: 'PERFORM 1 FROM lease AS l WHERE l.name = who AND l.epoch = held_epoch;',
    replace: 'PERFORM 1 FROM lease AS l WHERE l.name = who;',
    tests: ['src/store/postgres/fleet.postgres.test.ts'],
  },
  {
    name: 'Postgres: a shared lock that is given back is not counted as free',
    file: 'src/store/postgres/fleet-lock-functions.ts',
    find: 'UPDATE lock_limit k SET held = k.held - n, waiting = k.waiting - m FROM sums',
    replace: 'UPDATE lock_limit k SET waiting = k.waiting - m FROM sums',
    tests: ['src/store/postgres/fleet-locks.postgres.test.ts', 'src/store/postgres/fleet.postgres.test.ts'],
  },
]
