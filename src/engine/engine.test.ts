import { describe, expect, it } from 'vitest'
import { Story, storyWorld } from './testing/story.ts'

const echo = { name: 'echo', container: { image: 'busybox', command: ['echo', 'hi'] } }

describe('a single pod', () => {
  it('succeeds with its container', () => {
    const story = new Story({ entrypoint: 'echo', templates: [echo] }).play()
    expect([story.phase, story.node('wf').progress, story.run.status.progress]).toEqual(['Succeeded', '1/1', '1/1'])
  })
  it('fails with the words of Argo', () => {
    const story = new Story({ entrypoint: 'echo', templates: [echo] }).play(() => ({ exitCode: 3 }))
    expect([story.phase, story.message, story.node('wf').outputs?.exitCode]).toEqual([
      'Failed',
      'main: Error (exit code 3)',
      '3',
    ])
  })
})

describe('steps', () => {
  const spec = {
    entrypoint: 'main',
    templates: [
      {
        name: 'main',
        steps: [
          [{ name: 'a', template: 'gen' }],
          [
            {
              name: 'b',
              template: 'say',
              arguments: { parameters: [{ name: 'm', value: '{{steps.a.outputs.result}}' }] },
            },
            { name: 'c', template: 'gen', when: '{{steps.a.outputs.result}} == tails' },
          ],
        ],
      },
      { name: 'gen', container: { image: 'busybox' } },
      {
        name: 'say',
        inputs: { parameters: [{ name: 'm' }] },
        container: { image: 'busybox', args: ['{{inputs.parameters.m}}'] },
      },
    ],
  }
  it('pass results on, skip by when, and link groups', () => {
    const story = new Story(spec)
    story.begin('wf[0].a')
    story.end('wf[0].a', { result: 'heads' })
    expect(story.pods.get('wf[1].b')?.spec.containers[0]?.args).toEqual(['heads'])
    expect(story.node('wf[1].c')).toMatchObject({
      type: 'Skipped',
      phase: 'Skipped',
      message: "when 'heads == tails' evaluated false",
    })
    story.play()
    expect(story.phase).toBe('Succeeded')
    expect(story.node('wf').outboundNodes).toEqual([story.node('wf[1].b').id, story.node('wf[1].c').id])
    expect(story.node('wf[0].a').children).toEqual([story.node('wf[1]').id])
  })
  it('go on after a restart with the same nodes', () => {
    const story = new Story(spec)
    story.begin('wf[0].a')
    story.end('wf[0].a', { result: 'heads' })
    const again = story.reopened()
    expect([...again.pods.keys()]).toEqual(['wf[1].b'])
    expect(again.pods.get('wf[1].b')?.spec.containers[0]?.args).toEqual(['heads'])
    again.play()
    story.play()
    expect(again.phases).toEqual(story.phases)
    expect(again.phase).toBe('Succeeded')
  })
  it('fail with the child that failed, after all siblings have ended', () => {
    const story = new Story({
      ...spec,
      templates: [
        {
          name: 'main',
          steps: [
            [
              { name: 'a', template: 'gen' },
              { name: 'b', template: 'gen' },
            ],
            [{ name: 'c', template: 'gen' }],
          ],
        },
        { name: 'gen', container: { image: 'x' } },
      ],
    })
    story.end('wf[0].a', { exitCode: 1 })
    expect(story.phase).toBe('Running')
    story.end('wf[0].b')
    expect([story.phase, story.message]).toEqual(['Failed', `child '${story.node('wf[0].a').id}' failed`])
    expect(Object.keys(story.phases)).not.toContain('wf[1]')
  })
})

describe('loops', () => {
  it('run once per item and aggregate', () => {
    const story = new Story({
      entrypoint: 'main',
      templates: [
        {
          name: 'main',
          steps: [
            [
              {
                name: 's',
                template: 'gen',
                withItems: [1, 2, 3],
                arguments: { parameters: [{ name: 'i', value: '{{item}}' }] },
              },
            ],
            [
              {
                name: 'all',
                template: 'gen',
                arguments: { parameters: [{ name: 'i', value: '{{steps.s.outputs.result}}' }] },
              },
            ],
          ],
        },
        {
          name: 'gen',
          inputs: { parameters: [{ name: 'i' }] },
          container: { image: 'x', args: ['{{inputs.parameters.i}}'] },
        },
      ],
    })
    expect([...story.pods.keys()]).toEqual(['wf[0].s(0:1)', 'wf[0].s(1:2)', 'wf[0].s(2:3)'])
    story.play((plan) => ({ result: plan.spec.containers[0]?.args?.[0] ?? '' }))
    expect(story.node('wf[1].all').inputs?.parameters).toEqual([{ name: 'i', value: '[1,2,3]' }])
    expect(story.phase).toBe('Succeeded')
  })
  it('hold to the template’s parallelism', () => {
    const story = new Story({
      entrypoint: 'main',
      templates: [
        { name: 'main', parallelism: 2, steps: [[{ name: 's', template: 'gen', withSequence: { count: 5 } }]] },
        { name: 'gen', container: { image: 'x' } },
      ],
    })
    let most = 0
    while (story.phase === 'Running') {
      most = Math.max(most, story.pods.size)
      const [first] = story.pods.keys()
      story.end(first ?? '')
    }
    expect([most, story.phase, story.run.nodes.size]).toEqual([2, 'Succeeded', 7])
  })
})

describe('dag', () => {
  const task = (name: string, more: object = {}) => ({ name, template: 'gen', ...more })
  const dag = (...tasks: object[]) => ({
    entrypoint: 'main',
    templates: [
      { name: 'main', dag: { tasks: tasks as never } },
      { name: 'gen', container: { image: 'x' } },
    ],
  })
  it('runs a diamond', () => {
    const story = new Story(
      dag(
        task('A'),
        task('B', { dependencies: ['A'] }),
        task('C', { dependencies: ['A'] }),
        task('D', { depends: 'B && C' }),
      ),
    )
    expect([...story.pods.keys()]).toEqual(['wf.A'])
    story.end('wf.A')
    expect([...story.pods.keys()]).toEqual(['wf.B', 'wf.C'])
    story.play()
    expect([story.phase, story.run.status.progress]).toEqual(['Succeeded', '4/4'])
    expect(story.node('wf').outboundNodes).toEqual([story.node('wf.D').id])
  })
  it('omits what depends on a failure, and fails without a message', () => {
    const story = new Story(dag(task('A'), task('B', { dependencies: ['A'] }))).play(() => ({ exitCode: 1 }))
    expect(story.phases).toEqual({ wf: 'Failed', 'wf.A': 'Failed', 'wf.B': 'Omitted' })
    expect([story.phase, story.message]).toEqual(['Failed', ''])
  })
  it('succeeds through a handler of the failure', () => {
    const story = new Story(dag(task('A'), task('C', { depends: 'A.Failed' }))).play((plan) => ({
      exitCode: plan.identity.nodeName === 'wf.A' ? 1 : 0,
    }))
    expect(story.phase).toBe('Succeeded')
  })
})

describe('retries', () => {
  it('run up to limit + 1 attempts', () => {
    const story = new Story({
      entrypoint: 'r',
      templates: [{ name: 'r', retryStrategy: { limit: 2 }, container: { image: 'x' } }],
    }).play(() => ({ exitCode: 1 }))
    expect(story.phases).toEqual({ wf: 'Failed', 'wf(0)': 'Failed', 'wf(1)': 'Failed', 'wf(2)': 'Failed' })
    expect(story.message).toBe('No more retries left')
  })
  it('wait as the backoff says', () => {
    const story = new Story({
      entrypoint: 'r',
      templates: [
        { name: 'r', retryStrategy: { limit: 2, backoff: { duration: '10', factor: 2 } }, container: { image: 'x' } },
      ],
    })
    story.end('wf(0)', { exitCode: 1 })
    expect(story.node('wf').message).toBe('Backoff for 10 seconds')
    story.pass(9_000)
    expect(story.pods.size).toBe(0)
    story.pass(1_000)
    expect([...story.pods.keys()]).toEqual(['wf(1)'])
  })
})

describe('suspend, stop and exit handlers', () => {
  it('a suspended step goes on when it is resumed', () => {
    const story = new Story({
      entrypoint: 'main',
      templates: [
        { name: 'main', steps: [[{ name: 'w', template: 'wait' }], [{ name: 'a', template: 'echo' }]] },
        { name: 'wait', suspend: {} },
        echo,
      ],
    })
    expect(story.node('wf[0].w').phase).toBe('Running')
    story.ask({ kind: 'resume' })
    expect([...story.pods.keys()]).toEqual(['wf[1].a'])
    expect(story.play().phase).toBe('Succeeded')
  })
  it('stop lets the exit handler run', async () => {
    const story = new Story({ entrypoint: 'echo', onExit: 'bye', templates: [echo, { ...echo, name: 'bye' }] })
    story.begin('wf')
    story.ask({ kind: 'stop' })
    await Promise.resolve()
    expect(story.node('wf')).toMatchObject({ phase: 'Failed', message: 'workflow shutdown with strategy:  Stop' })
    expect([...story.pods.keys()]).toEqual(['wf.onExit'])
    story.play()
    expect([story.phase, story.message]).toEqual(['Failed', "Stopped with strategy 'Stop'"])
  })
})

describe('locks', () => {
  it('a mutex lets one of two steps run at a time', () => {
    const story = new Story(
      {
        entrypoint: 'main',
        templates: [
          {
            name: 'main',
            steps: [
              [
                { name: 'a', template: 'm' },
                { name: 'b', template: 'm' },
              ],
            ],
          },
          { name: 'm', synchronization: { mutexes: [{ name: 'x' }] }, container: { image: 'x' } },
        ],
      },
      storyWorld(),
    )
    expect([...story.pods.keys()]).toEqual(['wf[0].a'])
    expect(story.node('wf[0].b')).toMatchObject({
      phase: 'Pending',
      message: 'Waiting for default/Mutex/x lock. Lock status: 0/1',
    })
    story.end('wf[0].a')
    story.tell({ kind: 'lookAgain' })
    expect([...story.pods.keys()]).toEqual(['wf[0].b'])
    expect(story.play().phase).toBe('Succeeded')
  })
})

describe('fields that mean nothing here', () => {
  it('are named in a condition, once', () => {
    const story = new Story({
      entrypoint: 'echo',
      schedulerName: 'other',
      templates: [{ ...echo, affinity: { nodeAffinity: {} } }],
    }).play()
    expect(story.run.status.conditions?.filter(({ type }) => type === 'SpecWarning')).toEqual([
      {
        type: 'SpecWarning',
        status: 'True',
        message: 'ignored on Docker: spec.schedulerName, spec.templates[].affinity',
      },
    ])
  })
})
