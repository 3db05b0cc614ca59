/** Small mistakes, each put into the sources alone: what our tests must notice. */
export type Mutant = {
  readonly name: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}

const lockTable = 'src/engine/lock-table.ts'
const reconcile = 'src/controller/reconcile.ts'
const pods = 'src/controller/pods/pods.ts'
const podLife = 'src/controller/pods/pod-life.ts'
const reopen = 'src/controller/reopen.ts'

export const mutants: readonly Mutant[] = [
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
    file: 'src/controller/recovery.ts',
    find: '    restoreLocks(core.locks, row.body as Workflow)\n',
    replace: '    void restoreLocks\n',
  },
  {
    name: 'containers of an earlier life are not taken up',
    file: pods,
    find: 'const found = this.#found?.get(id) ?? null',
    replace: "const found = this.#found?.get('' as never) ?? null",
  },
  {
    name: 'containers that nobody wants stay after a restart',
    file: pods,
    find: '      if (!this.#lives.has(pod)) this.#removals.remove(pod, 0)\n      this.#found',
    replace: '      this.#found',
  },
  {
    name: 'a deletion does not wait for the first list of the engine',
    file: pods,
    find: '    await this.#whenListed()\n    const pods',
    replace: '    const pods',
  },
  {
    name: 'an ended pod is started again by a start under way',
    file: podLife,
    find: 'if (mayStart && !this.#isStarted) this.#startAbort.abort(hasEnded)',
    replace: 'void mayStart, void hasEnded',
  },
  {
    name: 'a start whose answer was lost is not tried again',
    file: podLife,
    find: 'await persevere(() => this.#parts.runtime.start(request, signal), this.#patience(signal))',
    replace: 'await this.#parts.runtime.start(request, signal)',
  },
  {
    name: 'a removal is tried once',
    file: 'src/controller/pods/removals.ts',
    find: 'await persevere(() => this.#runtime.remove(pod, signal), { clock: this.#clock, backOff: quickBackOff, signal })',
    replace: 'void persevere, void quickBackOff\n      await this.#runtime.remove(pod, signal)',
  },
  {
    name: 'a leftover is not struck from the list',
    file: 'src/controller/leftovers.ts',
    find: 'await persevere(strike, {',
    replace: 'await persevere(async () => void strike, {',
  },
  {
    name: 'leftovers of an earlier life are forgotten',
    file: 'src/controller/leftovers.ts',
    find: '.values()) this.clear(value as Leftover)',
    replace: '.values()) void value',
  },
  {
    name: 'a daemon is not ended with what encloses it',
    file: 'src/engine/boundary.ts',
    find: '  for (const id of run.daemons) {\n',
    replace: '  for (const id of [] as string[]) {\n',
  },
  {
    name: 'failFast is ignored',
    file: 'src/engine/boundary.ts',
    find: '  if (template.failFast !== true) return false',
    replace: '  if (template.failFast !== undefined || template !== null) return false',
  },
  {
    name: 'exit hooks do not run',
    file: 'src/engine/hooks.ts',
    find: '    if (!isCompleted(node)) return true\n',
    replace: '    if (isCompleted(node) || dirty !== null) return true\n',
  },
  {
    name: 'one retry too few',
    file: 'src/engine/retry.ts',
    find: 'if (limit !== null && attempts.length > limit)',
    replace: 'if (limit !== null && attempts.length >= limit)',
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
    find: '    if (message !== undefined) node.message = message\n    this.touch(node)\n',
    replace: '    if (message !== undefined) node.message = message\n',
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
    find: 'if (run.activePods < limit && !overtakes(frame, run.heldBack)) return true',
    replace: 'if (run.activePods <= limit && !overtakes(frame, run.heldBack)) return true',
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
    find: "...removalsAtEnd(run, phase === 'Succeeded'), ",
    replace: '',
  },
  {
    name: 'what runs below a failFast is forgotten by a restart',
    file: 'src/engine/advance.ts',
    find: '    resumeForgotten(run, root)\n',
    replace: '    void resumeForgotten\n',
  },
  {
    name: 'ended nodes are counted and remembered again after a restart',
    file: 'src/engine/execution.ts',
    find: 'this.template !== null && this.run.justEnded.has(node.id)',
    replace: 'this.template !== null',
  },
  {
    name: 'a daemon outlives a workflow that ends by an error after a restart',
    file: 'src/engine/completion.ts',
    find: '  for (const id of run.daemons) {\n',
    replace: '  for (const id of [] as string[]) {\n',
  },
]
