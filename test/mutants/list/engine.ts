/** Mistakes in the engine: what it decides, and what it forgets. */
import type { Mutant } from '../mutant.ts'

const lockTable = 'src/engine/lock-table.ts'

/** What a spec means is the same with faults and without: only the engine's own tests know it. */
const rules = ['src/engine']

export const engineMutants: readonly Mutant[] = [
  {
    name: 'a lock is not given back',
    file: lockTable,
    find: '      lock.holders.delete(holder)\n      dequeue(lock, holder)',
    replace: '      dequeue(lock, holder)',
  },
  {
    name: 'a semaphore has one place too many',
    file: lockTable,
    find: '    let free = limit - lock.holders.size',
    replace: '    let free = limit + 1 - lock.holders.size',
  },
  {
    name: 'a lock is for others before the end of its holder is stored',
    file: lockTable,
    find: 'if (key !== request.workflowKey) free -= 1',
    replace: 'if (key === "") free -= 1',
  },
  {
    name: 'a lock that is free wakes nobody',
    file: lockTable,
    find: 'return free <= 0 ? [] : lock.queue',
    replace: 'return free <= 1e9 ? [] : lock.queue',
  },
  {
    name: 'locks of nodes that have ended unvisited are kept',
    file: 'src/engine/advance.ts',
    find: 'if (isEnded(node)) releaseLocks(run, node.id)',
    replace: 'void isEnded, void releaseLocks, void node',
  },
  {
    name: 'locks of a workflow outlive it',
    file: 'src/engine/completion.ts',
    find: '  releaseAllLocks(run)\n',
    replace: '  void releaseAllLocks\n',
  },
  {
    name: 'a daemon is not ended with what encloses it',
    file: 'src/engine/boundary.ts',
    find: '  for (const id of run.daemons) {\n    const node = run.nodes.get(id)\n    if (node === undefined',
    replace: '  for (const id of [] as string[]) {\n    const node = run.nodes.get(id)\n    if (node === undefined',
  },
  {
    name: 'failFast is ignored',
    file: 'src/engine/boundary.ts',
    find: '  if (template.failFast !== true) return false',
    replace: '  if (template.failFast !== undefined || template !== null) return false',
    tests: rules,
  },
  {
    name: 'exit hooks do not run',
    file: 'src/engine/hooks.ts',
    find: "    if (!isCompleted(node) || node.type === 'Skipped') return true\n",
    replace: '    if (isCompleted(node) || dirty !== null) return true\n',
    tests: rules,
  },
  {
    name: 'one retry too few',
    file: 'src/engine/retry.ts',
    find: 'if (limit !== null && attempts.length > limit)',
    replace: 'if (limit !== null && attempts.length >= limit)',
    tests: rules,
  },
  {
    name: 'attempts are not stored as attempts',
    file: 'src/engine/body.ts',
    find: 'if (attempt !== null) node.nodeFlag = { ...node.nodeFlag, retried: true }',
    replace: 'void attempt',
  },
  {
    name: 'a change of phase is not stored',
    file: 'src/engine/run.ts',
    find: 'node.message = message\n    this.touch(node)\n    if (before',
    replace: 'node.message = message\n    if (before',
  },
  {
    name: 'failed children are not counted',
    file: 'src/engine/run.ts',
    find: 'if (isFailedOrError(node.phase)) counts.failed += by',
    replace: 'void isFailedOrError',
  },
  {
    name: 'pods that have ended are counted as active',
    file: 'src/engine/run.ts',
    find: 'node.synchronizationStatus?.waiting === undefined) this.activePods += by',
    replace: 'node.synchronizationStatus?.waiting === undefined) this.activePods += by > 0 ? 1 : 0',
  },
  {
    name: 'one pod more than the parallelism allows',
    file: 'src/engine/gate.ts',
    find: 'if (run.activePods < limitOf(run) && !overtakes(frame, run.heldBack)) return true',
    replace: 'if (run.activePods <= limitOf(run) && !overtakes(frame, run.heldBack)) return true',
  },
  {
    name: 'what was held back is not woken',
    file: 'src/engine/gate.ts',
    find: '  next.markDirty()\n',
    replace: '',
  },
  {
    name: 'timers are forgotten',
    file: 'src/engine/advance.ts',
    find: 'wakeAt: run.timers.next()',
    replace: 'wakeAt: null',
  },
  {
    name: 'claims stay after the end',
    file: 'src/engine/completion.ts',
    find: "  deleteClaims(run, phase === 'Succeeded')\n",
    replace: '  void deleteClaims\n',
  },
  {
    name: 'pods that podGC kept stay after the end',
    file: 'src/engine/completion.ts',
    find: "  addAll(run.effects, removalsAtEnd(run, phase === 'Succeeded'))\n",
    replace: '  void removalsAtEnd\n',
  },
  {
    name: 'what runs below a failFast is forgotten by a restart',
    file: 'src/engine/advance.ts',
    find: '    resumeForgotten(run, root)\n',
    replace: '    void resumeForgotten\n',
  },
  {
    name: 'a deadline keeps the locks below what it ends',
    file: 'src/engine/enforcement.ts',
    find: '  cutOff(run, ended)\n',
    replace: '  void cutOff\n',
    tests: ['src/engine/regressions.test.ts'],
  },
  {
    name: 'what a retried node encloses is not below it',
    file: 'src/engine/forgotten.ts',
    find: '    if (boundaries.has(retry)) return holders\n',
    replace: '',
    tests: ['src/engine/regressions.test.ts'],
  },
  {
    name: 'daemons of steps that are over are forgotten by a restart',
    file: 'src/engine/steps.ts',
    find: '      forgetDaemons(run, node)\n',
    replace: '      void forgetDaemons\n',
    tests: ['src/engine/regressions-reopened.test.ts'],
  },
  {
    name: 'ended nodes are counted and remembered again after a restart',
    file: 'src/engine/execution.ts',
    find: 'this.template !== null && this.run.justEnded.has(node.id)',
    replace: 'this.template !== null',
    tests: ['src/engine/regressions-reopened.test.ts'],
  },
  {
    name: 'a daemon outlives a workflow that ends by an error after a restart',
    file: 'src/engine/completion.ts',
    find: '  for (const id of run.daemons) {\n',
    replace: '  for (const id of [] as string[]) {\n',
    tests: ['src/engine/regressions-reopened.test.ts'],
  },
  {
    name: 'who waits for its turn begins when somebody asks something of it',
    file: 'src/engine/operations/operate.ts',
    find: 'const waits = isHeld() && shutdownOf(run) === null',
    replace: 'const waits = isHeld() && shutdownOf(run) === "Stop"',
    tests: ['src/controller/turns.test.ts'],
  },
  {
    name: 'what is retried begins whatever runs',
    file: 'src/controller/reconcile.ts',
    find: "if (operation.kind === 'retry') live.held = !this.#parts.mayBegin(live)",
    replace: "if (operation.kind === 'retry') this.#parts.mayBegin(live)",
    tests: ['src/controller/turns.test.ts'],
  },
  {
    name: 'a retry that could not be stored goes on waiting for its turn',
    file: 'src/controller/reopen.ts',
    find: 'live.held = !isFinished(live.run) && !mayBegin(core, live, live.run.workflow)',
    replace: 'void mayBegin',
    tests: ['src/controller/turns.test.ts'],
  },
  {
    name: 'containers of a step that the engine refused stay',
    file: 'src/engine/pod.ts',
    find: "        this.run.effects.push({ kind: 'removePod', pod: this.plan.identity.id, delayMs: 0 })\n        this.membersLost(observation.message)",
    replace: '        this.membersLost(observation.message)',
  },
]
