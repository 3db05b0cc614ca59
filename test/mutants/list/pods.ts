/** Mistakes in what is done to containers. */
import type { Mutant } from '../mutant.ts'

const pods = 'src/controller/pods/pods.ts'
const podLife = 'src/controller/pods/pod-life.ts'

export const podMutants: readonly Mutant[] = [
  {
    name: 'Docker: a late list brings back what was removed meanwhile',
    file: 'src/runtime/docker/inventory.ts',
    find: ' && !this.parts.calls.hasRemoved(id)',
    replace: " && id !== ''",
    tests: ['src/runtime/docker/inventory.test.ts'],
  },
  {
    name: 'Docker: a result that was lost is taken as it is',
    file: 'src/runtime/docker/lost-output.ts',
    find: 'if (await this.#remembersRun(id, signal)) return',
    replace: "if ((await this.#remembersRun(id, signal)) || id !== '') return",
    tests: ['src/runtime/docker/lost-output.test.ts'],
  },
  {
    name: 'Docker: a shim is ended while the engine is away',
    file: 'src/runtime/docker/engine-calls.ts',
    find: 'error instanceof EngineSilent && (await this.answersOthers())',
    replace: 'error instanceof EngineSilent',
    tests: ['src/runtime/docker/stuck-shim.test.ts'],
  },
  {
    name: 'Docker: a shim that still makes its container is ended',
    file: 'src/runtime/docker/stuck-shim.ts',
    find: 'only === undefined || own.length > 1',
    replace: 'only === undefined',
    tests: ['src/runtime/docker/stuck-shim.test.ts'],
  },
  {
    name: 'Docker: containers that another has made are started as they are',
    file: 'src/runtime/docker/others-containers.ts',
    find: 'if (!pod.isAdopted || pod.hasRun) return',
    replace: 'if (pod.identity.id !== null) return',
    tests: ['src/runtime/docker/others-containers.test.ts'],
  },
  {
    name: 'Docker: whoever leads no more takes containers away',
    file: 'src/runtime/docker/others-containers.ts',
    find: '    await confirm()\n',
    replace: '    void confirm\n',
    tests: ['src/runtime/docker/others-containers.test.ts'],
  },
  {
    name: 'Docker: what ran just before it was taken away is made anew',
    file: 'src/runtime/docker/others-containers.ts',
    find: 'if (await hasStarted(id)) throw',
    replace: 'if ((await hasStarted(id)) && id === null) throw',
    tests: ['src/runtime/docker/others-containers.test.ts'],
  },
  {
    name: 'Docker: a look at what another may have started comes before the question who leads',
    file: 'src/runtime/docker/starter.ts',
    find: 'if (!isFresh && (await this.hasStarted(pod, container, id))) return\n    if (!isWanted',
    replace: 'if (!isWanted',
    tests: ['src/runtime/docker/starter.test.ts'],
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
    find: 'if (mayStart && !this.#isStarted) void this.#overtake()',
    replace: 'void mayStart, void hasEnded',
  },
  {
    name: 'a start whose answer was lost is not tried again',
    file: podLife,
    find: 'await persevere(begin, { ...this.#patience(signal), hasFailed })',
    replace: "if (hasFailed) throw new Error('the answer was lost')\n    await begin()",
  },
  {
    name: 'a removal is tried once',
    file: 'src/controller/pods/removals.ts',
    find: 'isRetryable(error)) this.#again(pod)',
    replace: 'isRetryable(error)) void this.#again',
  },
  {
    name: 'an engine that is away uses up the tries of a transfer',
    file: 'src/controller/pods/transfer.ts',
    find: 'isUncounted: isEngineFault,',
    replace: 'isUncounted: (error) => isEngineFault(error) && false,',
  },
  {
    name: 'what a start found and nobody asked for outlives its workflow',
    file: pods,
    find: "if (identity.workflowUid === uid && (phase !== 'ended' || mayGo(identity.nodeId)) && !this.#lives.has(pod))",
    replace: "if (identity.workflowUid === uid && phase === 'gone' && mayGo(identity.nodeId))",
    tests: ['src/controller/pods/pods.test.ts'],
  },
  {
    name: 'a step ends before containers of another life that it cannot go on with are gone',
    file: podLife,
    find: 'if (isOfAnother) void this.#finishRemoved(end)',
    replace: 'if (isOfAnother) this.#finish(end)',
    tests: ['src/controller/pods/pods.test.ts'],
  },
  {
    name: 'an engine that is away uses up the tries of a sandbox',
    file: 'src/runtime/docker/starter.ts',
    find: 'this.cause.status !== 0',
    replace: 'this.cause.status !== -1',
    tests: ['src/runtime/docker/starter.test.ts'],
  },
  {
    name: 'room is not given back',
    file: 'src/controller/pods/capacity.ts',
    find: '    this.#where.delete(pod)\n    space.release(pod)\n',
    replace: '    this.#where.delete(pod)\n',
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
    find: '        life.discard()\n        this.#forget(pod)\n      }\n      for (const [pod, { identity, phase }] of',
    replace: '        this.#forget(pod)\n      }\n      for (const [pod, { identity, phase }] of',
  },
]
