import { describe, expect, it } from 'vitest'
import { type PlannedContainer, type PodPlan, type Progress, decide, decodePlan, encodePlan } from './plan.ts'

const planOf = (...containers: PlannedContainer[]): PodPlan => ({
  containers,
  graceMs: 0,
  deadlineMs: null,
  network: 'pool',
  volumes: [],
})
const exited = (exitCode: number, more: Partial<Progress> = {}): Progress => ({
  state: 'exited',
  exitCode,
  isKilledFromOutside: false,
  restarts: 0,
  ...more,
})
const running: Progress = { ...exited(0), state: 'running' }
const names = (list: readonly { readonly name: string }[]): string[] => list.map((one) => one.name)
const init: PlannedContainer = { name: 'init', role: 'init' }
const main: PlannedContainer = { name: 'main', role: 'main' }
const side: PlannedContainer = { name: 'side', role: 'sidecar' }

describe('how a pod goes on', () => {
  it('starts init containers alone and first', () => {
    expect(names(decide(planOf(main, side, init), new Map(), false).start)).toEqual(['init'])
    expect(decide(planOf(main, init), new Map([['init', running]]), false)).toMatchObject({ start: [], isEnded: false })
    expect(names(decide(planOf(main, side, init), new Map([['init', exited(0)]]), false).start)).toEqual([
      'main',
      'side',
    ])
  })

  it('ends when an init container failed', () => {
    expect(decide(planOf(main, init), new Map([['init', exited(1)]]), false)).toMatchObject({
      start: [],
      isEnded: true,
    })
  })

  it('stops sidecars when all mains have ended, and starts none any more', () => {
    const ended = new Map([['main', exited(3)]])
    expect(decide(planOf(main, side), new Map([...ended, ['side', running]]), false)).toMatchObject({
      isEnded: true,
      stopSidecars: true,
    })
    expect(decide(planOf(main, side), ended, false)).toMatchObject({
      isEnded: true,
      start: [],
      giveUp: [{ name: 'side', exitCode: 143 }],
    })
  })

  it('starts nothing of a pod that is being stopped', () => {
    const decision = decide(planOf(init, main, side), new Map(), true)
    expect(decision).toMatchObject({ start: [], isEnded: true })
    expect(decision.giveUp.map((one) => one.exitCode)).toEqual([143, 143, 143])
  })

  const dependent: PlannedContainer = { name: 'b', role: 'main', dependencies: ['main'] }
  it.each([
    ['waits for one that runs', running, []],
    [
      'gives up after a failure',
      exited(2),
      [{ name: 'b', exitCode: 64, message: 'dependency "main" exited with non-zero code: 2' }],
    ],
    [
      'is seen terminated after a kill from outside',
      exited(137, { isKilledFromOutside: true }),
      [{ name: 'b', exitCode: 143, message: '' }],
    ],
  ])('a member of a containerSet %s', (_what, state, giveUp) => {
    expect(decide(planOf(main, dependent), new Map([['main', state]]), false)).toMatchObject({
      start: [],
      giveUp,
      isEnded: false,
    })
  })

  it('tries again as often as is allowed, and dependents wait for the last try', () => {
    const plan = planOf({ ...main, tries: 3 }, dependent)
    const second = decide(plan, new Map([['main', exited(1, { restarts: 1 })]]), false)
    expect([names(second.retry), second.giveUp, second.isEnded]).toEqual([['main'], [], false])
    const last = decide(plan, new Map([['main', exited(1, { restarts: 2 })]]), false)
    expect([last.retry, names(last.giveUp)]).toEqual([[], ['b']])
  })

  it('tries a member of a containerSet once only whose command cannot be executed', () => {
    const missing = exited(64, { isUnstartable: true })
    expect(decide(planOf({ ...main, tries: 3 }), new Map([['main', missing]]), false)).toMatchObject({
      retry: [],
      isEnded: true,
    })
    const forEver = planOf({ ...main, tries: Number.MAX_SAFE_INTEGER })
    expect(names(decide(forEver, new Map([['main', missing]]), false).retry)).toEqual(['main'])
  })

  it('survives its way through a label, and takes no other text for a plan', () => {
    const plan = planOf({ ...main, tries: 2, pauseMs: 5 }, side)
    expect(decodePlan(encodePlan(plan))).toEqual(plan)
    expect(['', '{}', 'nonsense', undefined].map(decodePlan)).toEqual([null, null, null, null])
  })
})
