/** What holds of every run, whatever the spec, the outcomes and the instant of a crash. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NodeStatus } from '../resources/index.ts'
import { failFastText } from './boundary.ts'
import { planRetry } from './operations/retry-workflow.ts'
import { isActive, isEnded, isFailedOrError } from './phases.ts'
import type { BoundaryCounts, Run } from './run.ts'
import { anySpec } from './testing/any-spec.ts'
import { type Outcomes, RandomWalk, limitedWorld } from './testing/random-walk.ts'
import { Story } from './testing/story.ts'

const anyOutcomes: fc.Arbitrary<Outcomes> = fc.record({
  seed: fc.nat({ max: 9999 }),
  failing: fc.constantFrom(0, 10, 40, 100),
})
const anyRun = fc.record({ spec: anySpec, outcomes: anyOutcomes })
const runs = { numRuns: 60 }

type Counters = {
  activePods: number
  progressDone: number
  progressTotal: number
  failedNodes: number
  durations: Record<string, number>
  boundaries: Record<string, BoundaryCounts>
}

function recount(run: Run): Counters {
  const counters: Counters = {
    activePods: 0,
    progressDone: 0,
    progressTotal: 0,
    failedNodes: 0,
    durations: {},
    boundaries: {},
  }
  for (const node of run.nodes.values()) {
    if (isFailedOrError(node.phase)) counters.failedNodes += 1
    if (node.type === 'Pod')
      for (const [name, seconds] of Object.entries(node.resourcesDuration ?? {}))
        counters.durations[name] = (counters.durations[name] ?? 0) + seconds
    if (['Pod', 'Container', 'HTTP', 'Plugin', 'Suspend'].includes(node.type)) {
      const [done = 0, total = 0] = (node.progress ?? '0/0').split('/').map(Number)
      counters.progressDone += done
      counters.progressTotal += total
    }
    if (!['Pod', 'Steps', 'DAG'].includes(node.type)) continue
    const isPod = node.type === 'Pod'
    if (isPod && isActive(node) && node.synchronizationStatus?.waiting === undefined) counters.activePods += 1
    const boundary = (counters.boundaries[node.boundaryID ?? ''] ??= { active: 0, failed: 0, activePods: 0 })
    if (isActive(node)) boundary.active += 1
    if (isActive(node) && isPod) boundary.activePods += 1
    if (isFailedOrError(node.phase)) boundary.failed += 1
  }
  delete counters.boundaries['']
  return { ...counters, boundaries: withoutZeros(counters.boundaries) }
}

const withoutZeros = (boundaries: Record<string, BoundaryCounts>) =>
  Object.fromEntries(
    Object.entries(boundaries)
      .filter(([, { active, failed, activePods }]) => active + failed + activePods > 0)
      .sort(),
  )

const countersOf = (run: Run): Counters => ({
  activePods: run.activePods,
  progressDone: run.progressDone,
  progressTotal: run.progressTotal,
  failedNodes: run.failedNodes,
  durations: run.totalDuration(),
  boundaries: withoutZeros(Object.fromEntries(run.boundaries)),
})

/** Not ended, and not left behind by a failFast above it: Argo forgets those too. */
const unfinished = ({ nodes }: Run): string[] => {
  const isForgotten = (node: NodeStatus): boolean => {
    const above = nodes.get(node.boundaryID ?? '')
    return above !== undefined && (above.message === failFastText || isForgotten(above))
  }
  return [...nodes.values()].filter((node) => !isEnded(node) && !isForgotten(node)).map(({ name }) => name)
}

/** What a run came to, without times. */
const picture = (story: Story) => ({
  phase: story.phase,
  message: story.message,
  nodes: Object.fromEntries(
    [...story.run.nodes.values()]
      .map((node): [string, unknown] => [
        node.name,
        {
          type: node.type,
          phase: node.phase,
          message: node.message,
          children: [...(node.children ?? [])].sort(),
          boundaryID: node.boundaryID,
          outputs: node.outputs?.parameters,
        },
      ])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
})

describe('every run', () => {
  it('keeps the counters that a full recount would give, after every decision', () => {
    fc.assert(
      fc.property(anyRun, ({ spec, outcomes }) => {
        RandomWalk.of(spec, outcomes, ({ run }) => expect(countersOf(run)).toEqual(recount(run))).toTheEnd()
      }),
      runs,
    )
  })

  it('comes to an end, with every node ended', () => {
    fc.assert(
      fc.property(anyRun, ({ spec, outcomes }) => {
        const walk = RandomWalk.of(spec, outcomes).toTheEnd()
        expect(walk.isAtRest).toBe(true)
        expect(unfinished(walk.story.run)).toEqual([])
      }),
      runs,
    )
  })

  it('never brings a node back from its end', () => {
    fc.assert(
      fc.property(anyRun, ({ spec, outcomes }) => {
        const ended = new Map<string, string>()
        RandomWalk.of(spec, outcomes, ({ run }) => {
          for (const node of run.nodes.values()) {
            const before = ended.get(node.name)
            if (before !== undefined) expect(`${node.name} ${node.phase}`).toBe(before)
            else if (isEnded(node)) ended.set(node.name, `${node.name} ${node.phase}`)
          }
        }).toTheEnd()
      }),
      runs,
    )
  })

  it('tells of every node that changed', () => {
    fc.assert(
      fc.property(anyRun, ({ spec, outcomes }) => {
        const told = new Map<string, NodeStatus>()
        const walk = RandomWalk.of(spec, outcomes, ({ last }) => {
          for (const node of last?.changed ?? []) told.set(node.id, structuredClone(node))
        }).toTheEnd()
        expect(Object.fromEntries(told)).toEqual(
          Object.fromEntries([...walk.story.run.nodes].map(([id, node]) => [id, { ...node }])),
        )
      }),
      runs,
    )
  })

  it('holds no lock for a node that has ended, and none at its own end', () => {
    fc.assert(
      fc.property(anyRun, ({ spec, outcomes }) => {
        const held = ({ run, world }: Story) =>
          world.locks
            .snapshot()
            .flatMap(({ name }) =>
              world.locks.holdersOf(name).map((holder) => run.nodes.get(holder.split('/')[2] ?? '')),
            )
        const walk = RandomWalk.of(spec, outcomes, (story) => {
          expect(held(story).filter((node) => node === undefined || isEnded(node))).toEqual([])
        }).toTheEnd()
        expect(held(walk.story)).toEqual([])
      }),
      runs,
    )
  })

  it('runs each pod once', () => {
    fc.assert(
      fc.property(anyRun, ({ spec, outcomes }) => {
        const { ran } = RandomWalk.of(spec, outcomes).toTheEnd()
        expect(ran.filter((name, index) => ran.indexOf(name) !== index)).toEqual([])
      }),
      runs,
    )
  })

  it('does not mind observations that come twice', () => {
    fc.assert(
      fc.property(anyRun, ({ spec, outcomes }) => {
        const once = RandomWalk.of(spec, outcomes).toTheEnd()
        const twice = RandomWalk.of(spec, outcomes)
        const { story } = twice
        const tell = story.tell.bind(story)
        story.tell = (...observations) => {
          const first = tell(...observations)
          const second = observations.length === 0 ? first : tell(...observations)
          return (story.last = { ...second, wakes: [...first.wakes, ...second.wakes] })
        }
        expect(picture(twice.toTheEnd().story)).toEqual(picture(once.story))
      }),
      runs,
    )
  })
})

describe('a run that is opened anew from what is stored of it', () => {
  it('ends as it would have, whenever the crash came', () => {
    fc.assert(
      fc.property(anyRun, fc.nat({ max: 30 }), ({ spec, outcomes }, steps) => {
        const undisturbed = RandomWalk.of(spec, outcomes).toTheEnd()
        const crashed = RandomWalk.of(spec, outcomes)
        for (let step = 0; step < steps; step += 1) crashed.step()
        crashed.restart()
        expect(picture(crashed.toTheEnd().story)).toEqual(picture(undisturbed.story))
      }),
      { numRuns: 100 },
    )
  })

  it('ends as it would have with a crash after every step', () => {
    fc.assert(
      fc.property(anyRun, ({ spec, outcomes }) => {
        const undisturbed = RandomWalk.of(spec, outcomes).toTheEnd()
        const crashed = RandomWalk.of(spec, outcomes, ({ run }) => expect(countersOf(run)).toEqual(recount(run)))
        for (let step = 0; step < 2000 && crashed.step(); step += 1) crashed.restart()
        expect(picture(crashed.story)).toEqual(picture(undisturbed.story))
      }),
      { numRuns: 25 },
    )
  })
})

describe('stop and terminate', () => {
  it.each(['stop', 'terminate'] as const)(
    '%s ends a run at any instant, with every node ended and nothing held',
    (kind) => {
      fc.assert(
        fc.property(anyRun, fc.nat({ max: 20 }), ({ spec, outcomes }, steps) => {
          const walk = RandomWalk.of(spec, outcomes, ({ run }) => expect(countersOf(run)).toEqual(recount(run)))
          for (let step = 0; step < steps; step += 1) walk.step()
          walk.ask({ kind })
          walk.toTheEnd()
          expect(walk.isAtRest).toBe(true)
          const { run, world } = walk.story
          expect(unfinished(run)).toEqual([])
          expect(world.locks.snapshot().filter(({ held }) => held > 0)).toEqual([])
        }),
        runs,
      )
    },
  )
})

describe('manual retry', () => {
  const failed = anyRun
    .map(({ spec, outcomes }) =>
      RandomWalk.of(spec, { ...outcomes, failing: Math.max(10, outcomes.failing) }).toTheEnd(),
    )
    .filter(({ story }) => isFailedOrError(story.phase))
  const planOf = ({ run }: Story) => {
    const plan = planRetry(run, { kind: 'retry' })
    if ('refused' in plan) throw new Error(plan.message)
    return { deleted: [...plan.deleted].sort(), reset: [...plan.reset].sort() }
  }

  it('plans the same each time it is asked, and after a restart', () => {
    fc.assert(
      fc.property(failed, (walk) => {
        const plan = planOf(walk.story)
        expect(planOf(walk.story)).toEqual(plan)
        walk.restart()
        expect(planOf(walk.story)).toEqual(plan)
      }),
      runs,
    )
  })

  it('runs again only what it said, and keeps what succeeded', () => {
    fc.assert(
      fc.property(failed, (walk) => {
        const { run } = walk.story
        const { deleted } = planOf(walk.story)
        const kept = [...run.nodes.values()]
          .filter((node) => node.type === 'Pod' && node.phase === 'Succeeded' && !deleted.includes(node.id))
          .map(({ name }) => name)
        const before = walk.ran.length
        walk.ask({ kind: 'retry' })
        walk.toTheEnd()
        if (!run.spec.templates?.some(({ parallelism }) => parallelism !== undefined)) expect(walk.isAtRest).toBe(true)
        expect(walk.ran.slice(before).filter((name) => kept.includes(name))).toEqual([])
        expect(countersOf(run)).toEqual(recount(run))
      }),
      runs,
    )
  })

  it('comes to the same end where everything fails in the same way again', () => {
    fc.assert(
      fc.property(failed, (walk) => {
        const { activeDeadlineSeconds, templates = [] } = walk.story.run.spec
        // Time is another one then, groups that run on hold their slots, and what is remembered does not run again.
        if (
          [...walk.story.run.nodes.values()].some(({ memoizationStatus }) => memoizationStatus !== undefined) ||
          activeDeadlineSeconds !== undefined ||
          templates.some(({ parallelism, failFast }) => parallelism ?? failFast)
        )
          return
        const before = picture(walk.story)
        walk.ask({ kind: 'retry' })
        expect(picture(walk.toTheEnd().story)).toEqual(before)
      }),
      runs,
    )
  })
})

describe('memoized resubmit', () => {
  it('runs nothing again that succeeded', () => {
    fc.assert(
      fc.property(anyRun, ({ spec, outcomes }) => {
        const { story } = RandomWalk.of(spec, { ...outcomes, failing: 40 }).toTheEnd()
        if (!isFailedOrError(story.phase)) return
        const again = Story.resubmitted(story, { world: limitedWorld() })
        const walk = new RandomWalk(again, { ...outcomes, failing: 0 }).toTheEnd()
        const succeeded = [...story.run.nodes.values()].filter(
          (node) => node.type === 'Pod' && node.phase === 'Succeeded' && !node.name.startsWith('wf.onExit'),
        )
        const relative = new Set(succeeded.map(({ name }) => name.slice('wf'.length)))
        expect(walk.ran.map((name) => name.slice(again.run.name.length)).filter((name) => relative.has(name))).toEqual(
          [],
        )
      }),
      runs,
    )
  })
})
