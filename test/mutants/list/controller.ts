/** Mistakes in the controller, and in what stands around it: commits, recovery, clients, cron, files. */
import type { Mutant } from '../mutant.ts'

const reconcile = 'src/controller/reconcile.ts'
const reopen = 'src/controller/reopen.ts'
const recovery = 'src/controller/recovery.ts'
const controller = 'src/controller/controller.ts'
const create = 'src/controller/api/create.ts'

export const controllerMutants: readonly Mutant[] = [
  {
    name: 'effects are carried out before the commit',
    file: reconcile,
    find: '      expectOutcomes(live, decision)\n',
    replace:
      '      expectOutcomes(live, decision)\n      for (const effect of decision.effects) this.#parts.perform(live, effect, endSeenAt)\n',
  },
  {
    name: 'a decision without effects is not stored',
    file: reconcile,
    find: 'if (isEmpty(decision) && alongside.length === 0',
    replace: 'if (decision.effects.length === 0 && alongside.length === 0',
  },
  {
    name: 'pieces of a long list that go ahead are not stored',
    file: reconcile,
    find: '    for (const first of ahead) await store.commit(first)\n',
    replace: '    void ahead\n',
    kind: 'portions',
  },
  {
    name: 'a long list goes on after the piece that it had begun',
    file: 'src/controller/long-lists.ts',
    find: 'Math.floor(known.length / per)',
    replace: 'Math.ceil(known.length / per)',
    kind: 'portions',
  },
  {
    name: 'a loop that was cut off for this decision does not go on with the next',
    file: 'src/engine/step-group.ts',
    find: '        this.wakeAt(this.run.now)\n',
    replace: '',
    kind: 'portions',
  },
  {
    name: 'the alarm of a run is not set',
    file: reconcile,
    find: 'else this.#parts.alarms.set(alarm, decision.wakeAt, () => this.look(live.uid))',
    replace: 'else void alarm',
  },
  {
    name: 'who waited for what a run gave up is not told',
    file: reconcile,
    find: "for (const uid of wakes) if (uid !== live.uid) this.observe(uid as WorkflowUid, { kind: 'lookAgain' })\n    if",
    replace: 'void wakes\n    if',
  },
  {
    name: 'readers see a decision before it is stored',
    file: 'src/controller/live-run.ts',
    find: 'live.stored ?? live.run.workflow',
    replace: 'live.run.workflow',
  },
  {
    name: 'a run that is opened anew does not repeat its claims',
    file: reopen,
    find: '  repeatEffects(core, live)\n',
    replace: '  void repeatEffects\n',
  },
  {
    name: 'what a lost answer had ended keeps its containers',
    file: reopen,
    find: '    if (node === undefined || !isEnded(node)) return false',
    replace: '    return false',
  },
  {
    name: 'a run that is opened anew holds no locks',
    file: reopen,
    find: '  restoreLocks(core.locks, row.body as Workflow)\n',
    replace: '  void restoreLocks\n',
  },
  {
    name: 'a restart forgets who holds locks',
    file: recovery,
    find: '    restoreLocks(core.locks, row.body as Workflow)\n',
    replace: '    void restoreLocks\n',
  },
  {
    name: 'a leftover is not struck from the list',
    file: 'src/controller/leftovers.ts',
    find: 'await persevere(strike, {',
    replace: 'await persevere(async () => void strike, {',
  },
  {
    name: 'a claim takes whatever volume stands under its name',
    file: 'src/runtime/volume-owner.ts',
    find: 'owner === undefined || found === owner',
    replace: 'owner !== found || found === owner',
    tests: ['src/controller/tasks/claims.test.ts'],
  },
  {
    name: 'a workflow removes the volume that others made under the name of its claim',
    file: 'src/controller/tasks/claims.ts',
    find: 'volumeNameOf(namespace, claimName), signal, owner)',
    replace: 'volumeNameOf(namespace, claimName), signal)',
    tests: ['src/controller/tasks/claims.test.ts'],
  },
  {
    name: 'leftovers of an earlier life are forgotten',
    file: 'src/controller/leftovers.ts',
    find: '.values()) this.clear(value as Leftover)',
    replace: '.values()) void value',
  },
  {
    name: 'a sweep gives up where the store cannot be read',
    file: controller,
    find: 'void sweep().catch(ignoreAbort)',
    replace: 'void sweep, void sweepOnce().catch(ignoreAbort)',
  },
  {
    name: 'a deletion whose answer was lost is not believed',
    file: 'src/controller/api/delete.ts',
    find: '  if (resourceVersion === null) throw error',
    replace: '  if (resourceVersion !== undefined) throw error',
  },
  {
    name: 'a creation whose answer was lost is not believed',
    file: create,
    find: 'const stored = isTaken ? null : await storedAfterAll(core, live)',
    replace: 'const stored = isTaken ? await storedAfterAll(core, live) : null',
  },
  {
    name: 'a turn that comes while a workflow is being stored is missed',
    file: create,
    find: '  if (live.held) live.held = !mayBegin(core, live, workflow)\n',
    replace: '',
  },
  {
    name: 'a turn is not given back at the end',
    file: 'src/controller/ending.ts',
    find: '  for (const uid of core.parallelism.leave(live.uid)) admit(core, uid)\n',
    replace: '  void admit\n',
  },
  {
    name: 'a restart lets everything begin',
    file: recovery,
    find: 'live.held = !mayBegin(core, live, row.body as Workflow)',
    replace: 'live.held = !mayBegin(core, live, row.body as Workflow) && false',
  },
  {
    name: 'claims are not asked for again after a restart',
    file: recovery,
    find: 'for (const live of runs) repeatEffects(core, live)\n',
    replace: '',
  },
  {
    name: 'a full disk fails what is only to be written down',
    file: 'src/controller/back-off.ts',
    find: "error.code === 'STORE_FULL')",
    replace: "error.code === 'STORE_FULLER')",
  },
  {
    name: 'expiries of an earlier life are forgotten',
    file: 'src/controller/expiry.ts',
    find: 'this.#arm(uid as WorkflowUid, value as Due)',
    replace: 'void uid, void value',
    tests: ['src/controller/operations.test.ts'],
  },
  {
    name: 'a tick whose answer was lost is not read again',
    file: 'src/controller/api/create.ts',
    find: 'if (along !== undefined) await follow(core, along)',
    replace: 'void follow',
    tests: ['src/controller/cron/cron.test.ts'],
  },
  {
    name: 'a tick that happens twice starts two workflows',
    file: 'src/controller/cron/child.ts',
    find: "childOf(cron, scheduledAt, { name: `${cron.metadata.name ?? ''}-${Math.floor(scheduledAt / 1000)}` })",
    replace: "childOf(cron, scheduledAt, { generateName: `${cron.metadata.name ?? ''}-` })",
    tests: ['src/controller/cron/cron.test.ts'],
  },
  {
    name: 'a file that ran before a crash runs again after it',
    file: 'src/sources/rules/admitting.ts',
    find: 'return made?.[contentAnnotation] === annotations[contentAnnotation] && made[sourceAnnotation] === path',
    replace: 'return made?.[contentAnnotation] === path',
  },
]
