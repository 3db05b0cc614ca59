/** Who gets a free slot, or a lock, and what goes on where nobody looks any more. */
import { describe, expect, it } from 'vitest'
import type { WorkflowSpec } from '../resources/index.ts'
import { restarted, limitedWorld } from './testing/random-walk.ts'
import { Story } from './testing/story.ts'

const plain = { name: 'plain', container: { image: 'x' } }
const asked = (story: Story): string[] => [...story.pods.keys()].sort()

describe('a free slot', () => {
  const pair = {
    name: 'pair',
    steps: [[{ name: 'one', template: 'plain' }], [{ name: 'two', template: 'plain' }]],
  }
  const spec: WorkflowSpec = {
    entrypoint: 'main',
    parallelism: 1,
    templates: [
      {
        name: 'main',
        steps: [
          [
            { name: 'a', template: 'pair' },
            { name: 'b', template: 'plain' },
          ],
        ],
      },
      pair,
      plain,
    ],
  }

  it('goes to the step that comes first in the list, though another has waited longer', () => {
    const story = new Story(spec)
    expect(asked(story)).toEqual(['wf[0].a[0].one'])
    story.end('wf[0].a[0].one')
    expect(asked(story)).toEqual(['wf[0].a[1].two'])
    story.end('wf[0].a[1].two')
    expect(asked(story)).toEqual(['wf[0].b'])
  })

  it('goes to the task that Argo comes by first on its way from the targets', () => {
    const tasks = [
      { name: 'z', template: 'plain' },
      { name: 'a', template: 'plain' },
      { name: 'b', template: 'plain', dependencies: ['z'] },
    ]
    const story = new Story({
      entrypoint: 'main',
      templates: [{ name: 'main', parallelism: 1, dag: { tasks } }, plain],
    })
    expect(asked(story)).toEqual(['wf.a'])
    story.end('wf.a')
    expect(asked(story)).toEqual(['wf.z'])
  })

  it('goes down before it goes on: what a group starts comes before its sibling', () => {
    const story = new Story({ ...spec, parallelism: 2 })
    expect(asked(story)).toEqual(['wf[0].a[0].one', 'wf[0].b'])
    story.end('wf[0].b')
    story.end('wf[0].a[0].one')
    expect(asked(story)).toEqual(['wf[0].a[1].two'])
  })
})

describe('a retried call that waits for a lock', () => {
  const locked = {
    name: 'locked',
    container: { image: 'x' },
    retryStrategy: { limit: 1 },
    synchronization: { mutexes: [{ name: 'm' }] },
  }
  const templates = [
    {
      name: 'main',
      steps: [
        [
          { name: 'a', template: 'locked' },
          { name: 'b', template: 'locked' },
          { name: 'c', template: 'plain' },
        ],
      ],
    },
    locked,
    plain,
  ]

  it('is a Retry node that takes no slot', () => {
    const story = new Story({ entrypoint: 'main', templates: [{ ...templates[0], parallelism: 2 }, locked, plain] })
    expect(story.node('wf[0].b')).toMatchObject({ type: 'Retry', phase: 'Pending' })
    expect(asked(story)).toEqual(['wf[0].a(0)', 'wf[0].c'])
  })

  it('has the lock by the same decision that ends the one before it', () => {
    const story = new Story({ entrypoint: 'main', templates })
    story.end('wf[0].a(0)')
    story.tell({ kind: 'lookAgain' })
    expect(asked(story)).toEqual(['wf[0].b(0)', 'wf[0].c'])
    expect(story.node('wf[0].b')?.synchronizationStatus).toBeUndefined()
  })
})

describe('pods that wait for locks', () => {
  it('need a slot of spec.parallelism when they get them', () => {
    const locked = (lock: string) => ({ ...plain, name: lock, synchronization: { mutexes: [{ name: lock }] } })
    const steps = [[...['m', 'n'].map((name) => ({ name, template: name }))]]
    const world = limitedWorld()
    for (const lock of ['m', 'n'])
      world.locks.restore('default/other', 'other', { kind: 'Mutex', mutex: true, name: `default/Mutex/${lock}` })
    const templates = [{ name: 'main', steps }, locked('m'), locked('n')]
    const story = new Story({ entrypoint: 'main', parallelism: 1, templates }, world)
    expect(asked(story)).toEqual([])
    world.locks.releaseWorkflow('default/other')
    story.tell({ kind: 'lookAgain' })
    expect(asked(story)).toEqual(['wf[0].m'])
    story.end('wf[0].m')
    expect(asked(story)).toEqual(['wf[0].n'])
    story.end('wf[0].n')
    expect(story.phase).toBe('Succeeded')
  })
})

describe('below a node that failFast has ended', () => {
  const locked = { ...plain, name: 'locked', synchronization: { mutexes: [{ name: 'm' }] } }
  const inner = { name: 'inner', dag: { tasks: [{ name: 'long', template: 'locked' }] } }
  const main = {
    name: 'main',
    failFast: true,
    dag: {
      tasks: [
        { name: 'in', template: 'inner' },
        { name: 'fails', template: 'plain' },
      ],
    },
  }
  const spec: WorkflowSpec = { entrypoint: 'main', templates: [main, inner, locked, plain] }

  it('a pod is asked for again after a restart, keeps its lock, and what came of it is recorded', () => {
    const before = new Story(spec, limitedWorld())
    before.end('wf.fails', { exitCode: 1 })
    expect(before.node('wf')?.phase).toBe('Failed')
    expect(before.phase).toBe('Running')
    const story = restarted(before)
    expect(asked(story)).toEqual(['wf.in.long'])
    expect(story.world.locks.holdersOf('default/Mutex/m')).toHaveLength(1)
    story.end('wf.in.long')
    expect(story.node('wf.in.long')?.phase).toBe('Succeeded')
    expect(story.phase).toBe('Failed')
    expect(story.world.locks.snapshot()).toEqual([])
    expect(story.run.internal).toEqual({ generation: 0 })
  })
})
