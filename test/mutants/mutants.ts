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
const recovery = 'src/controller/recovery.ts'
const controller = 'src/controller/controller.ts'
const create = 'src/controller/api/create.ts'

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
    file: recovery,
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
    find: 'if (isRetryable(error)) return this.#again(pod)',
    replace: 'if (isRetryable(error)) return void this.#again',
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
    find: '  for (const id of run.daemons) {\n    const node = run.nodes.get(id)\n    if (node === undefined',
    replace: '  for (const id of [] as string[]) {\n    const node = run.nodes.get(id)\n    if (node === undefined',
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
    find: '    if (live.held) live.held = !mayBegin(core, live, workflow)\n',
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
    name: 'who waits for its turn begins when somebody asks something of it',
    file: 'src/engine/operations/operate.ts',
    find: 'const waits = isHeld && shutdownOf(run) === null',
    replace: 'const waits = isHeld && shutdownOf(run) === "Stop"',
  },
  {
    name: 'claims are not asked for again after a restart',
    file: recovery,
    find: '    repeatEffects(core, live)\n',
    replace: '',
  },
  {
    name: 'containers of a step that the engine refused stay',
    file: 'src/engine/pod.ts',
    find: "        this.run.effects.push({ kind: 'removePod', pod: this.plan.identity.id, delayMs: 0 })\n        this.membersLost(observation.message)",
    replace: '        this.membersLost(observation.message)',
  },
  {
    name: 'an engine that is away uses up the tries of a transfer',
    file: 'src/controller/pods/stage.ts',
    find: '      isUncounted: isEngineFault,\n',
    replace: '      isUncounted: (error) => isEngineFault(error) && false,\n',
  },
  {
    name: 'what a start found and nobody asked for outlives its workflow',
    file: pods,
    find: "if (identity.workflowUid === uid && (phase !== 'ended' || mayGo(identity.nodeId)) && !this.#lives.has(pod))",
    replace: "if (identity.workflowUid === uid && phase === 'gone' && mayGo(identity.nodeId))",
  },
  {
    name: 'a full disk fails what is only to be written down',
    file: 'src/controller/back-off.ts',
    find: "error.code === 'STORE_FULL')",
    replace: "error.code === 'STORE_FULLER')",
  },
  {
    name: 'room is not given back',
    file: 'src/controller/pods/capacity.ts',
    find: '    this.#where.delete(pod)\n    space.release(pod)\n',
    replace: '    this.#where.delete(pod)\n',
  },
  {
    name: 'expiries of an earlier life are forgotten',
    file: 'src/controller/expiry.ts',
    find: 'this.#arm(uid as WorkflowUid, value as Due)',
    replace: 'void uid, void value',
  },
  {
    name: 'a tick that happens twice starts two workflows',
    file: 'src/controller/cron/child.ts',
    find: "childOf(cron, scheduledAt, { name: `${cron.metadata.name ?? ''}-${Math.floor(scheduledAt / 1000)}` })",
    replace: "childOf(cron, scheduledAt, { generateName: `${cron.metadata.name ?? ''}-` })",
  },
  {
    name: 'a file that ran before a crash runs again after it',
    file: 'src/sources/rules/admitting.ts',
    find: 'return made?.[contentAnnotation] === annotations[contentAnnotation] && made[sourceAnnotation] === path',
    replace: 'return made?.[contentAnnotation] === path',
  },
  {
    name: 'a pod that is gone is not told of',
    file: podLife,
    find: "if (state.phase === 'ended' || state.phase === 'gone') {",
    replace: "if (state.phase === 'ended') {",
  },
  {
    name: 'a start goes on after the pod is no longer wanted',
    file: pods,
    find: '        life.discard()\n        this.#forget(pod)\n      }\n      for (const [pod, { identity }] of',
    replace: '        this.#forget(pod)\n      }\n      for (const [pod, { identity }] of',
  },
]
