/** What is easy to get wrong of what takes its time, as stories: retries, daemons, suspension, shutdown and timeouts. */
import { describe, expect, it } from 'vitest'
import type { Template } from '../resources/index.ts'
import type { Operation } from './decision.ts'
import { given, input, ok, play, spec, steps } from './testing/small-workflows.ts'
import { Story, storyWorld } from './testing/story.ts'

describe('retries', () => {
  const retried = (strategy: NonNullable<Template['retryStrategy']>) =>
    spec(steps([{ name: 'a', template: 'r' }]), { templates: [{ ...ok, name: 'r', retryStrategy: strategy }] })
  it.each([
    ['OnFailure is the default: an error is not tried again', {}, { collectError: 'gone' }, 1],
    ['OnError does not try a failure again', { retryPolicy: 'OnError' }, { exitCode: 1 }, 1],
    ['Always tries both again', { retryPolicy: 'Always' }, { collectError: 'gone' }, 3],
    ['an expression alone means Always', { expression: 'true' }, { collectError: 'gone' }, 3],
    ['an expression may end it', { expression: 'asInt(lastRetry.exitCode) > 1' }, { exitCode: 1 }, 1],
  ] as const)('%s', (_what, strategy, end, attempts) => {
    const story = new Story(retried({ limit: 2, ...strategy })).play(() => end)
    expect(story.node('wf[0].a').children).toHaveLength(attempts)
  })
  it('wait as the backoff says, within maxDuration', () => {
    const story = new Story(retried({ limit: 5, backoff: { duration: '10', factor: 2, maxDuration: '25' } }))
    story.end('wf[0].a(0)', { exitCode: 1 })
    expect(story.node('wf[0].a').message).toContain('Backoff for 10')
    story.pass(10_000)
    story.end('wf[0].a(1)', { exitCode: 1 })
    expect(story.node('wf[0].a')).toMatchObject({ phase: 'Failed', message: 'Backoff would exceed max duration limit' })
  })
  it('begin as long as maxDuration lasts, and run no longer', () => {
    const story = new Story(retried({ limit: 5, backoff: { duration: '10', maxDuration: '20500ms' } }))
    story.end('wf[0].a(0)', { exitCode: 1 })
    story.pass(10_000)
    story.end('wf[0].a(1)', { exitCode: 1 })
    story.pass(10_000)
    expect(story.pods.get('wf[0].a(2)')?.activeDeadlineMs).toBe(500)
    story.end('wf[0].a(2)', { exitCode: 1, afterMs: 501 })
    expect(story.node('wf[0].a')).toMatchObject({ phase: 'Failed', message: 'Max duration limit exceeded' })
  })
  it('wrap every template where the spec asks for it', () => {
    const story = play(spec(steps([{ name: 'a', template: 'ok' }]), { retryStrategy: { limit: 1 } }))
    expect([story.node('wf').type, story.node('wf(0)').type, story.node('wf(0)[0].a').type]).toEqual([
      'Retry',
      'Steps',
      'Retry',
    ])
  })
})

describe('daemons', () => {
  const server = { ...ok, name: 'server', daemon: true }
  const main = steps(
    [{ name: 'd', template: 'server' }],
    [{ name: 'a', template: 'takes', arguments: given('{{steps.d.ip}}') }],
  )
  it('let the next group begin when they are ready, and succeed when it ends', () => {
    const story = new Story(spec(main, { templates: [server] }))
    story.begin('wf[0].d')
    expect(input(story, 'wf[1].a')).toBe('10.0.0.9')
    story.end('wf[1].a')
    expect([story.phases['wf[0].d'], story.phases['wf']]).toEqual(['Succeeded', 'Succeeded'])
  })
  it('fail where they end by themselves', () => {
    const story = new Story(spec(main, { templates: [server] }))
    story.begin('wf[0].d')
    story.end('wf[0].d', { exitCode: 0 })
    expect(story.phases['wf[0].d']).toBe('Failed')
  })
})

describe('suspend', () => {
  const ask: Template = {
    name: 'ask',
    suspend: {},
    outputs: { parameters: [{ name: 'p', valueFrom: { supplied: {} } }] },
  }
  const main = steps(
    [{ name: 'q', template: 'ask' }],
    [{ name: 'a', template: 'takes', arguments: given('{{steps.q.outputs.parameters.p}}') }],
  )
  it('is not resumed without a value that nobody supplied', () => {
    const story = new Story(spec(main, { templates: [ask] }))
    expect(story.ask({ kind: 'resume' })).toMatchObject({
      refused: true,
      message: "raw output parameter 'p' has not been set and does not have a default value",
    })
    expect(story.phases['wf[0].q']).toBe('Running')
  })
  it('hands on what was set, once', () => {
    const story = new Story(spec(main, { templates: [ask] }))
    const set: Operation = { kind: 'set', nodeFieldSelector: 'displayName=q', outputParameters: { p: 'yes' } }
    story.ask(set)
    expect(story.ask(set)).toMatchObject({ refused: true })
    story.ask({ kind: 'resume' })
    expect(input(story, 'wf[1].a')).toBe('yes')
  })
  it('takes a number without a unit as seconds', () => {
    const story = new Story(
      spec(steps([{ name: 'q', template: 'nap' }]), { templates: [{ name: 'nap', suspend: { duration: '20' } }] }),
    )
    story.pass(19_000)
    expect(story.phase).toBe('Running')
    story.pass(1000)
    expect(story.phase).toBe('Succeeded')
  })
})

describe('shutdown', () => {
  const kinds: Record<string, Template> = {
    pod: { ...ok, name: 't' },
    suspend: { name: 't', suspend: {} },
    http: { name: 't', http: { url: 'http://x' } },
    locked: { ...ok, name: 't', synchronization: { mutexes: [{ name: 'busy' }] } },
  }
  const text = {
    pod: 'workflow shutdown with strategy:  Stop',
    suspend: "Stopped with strategy 'Stop'",
    http: "Stopped with strategy 'Stop'",
    locked: "Stopped with strategy 'Stop'",
  }
  it.each(Object.entries(kinds))(
    'by Stop ends a running %s, runs exit handlers, and has the last word',
    (kind, template) => {
      const world = storyWorld()
      world.locks.restore('default/other', 'other', { kind: 'Mutex', mutex: true, name: 'default/Mutex/busy' })
      const story = new Story(
        spec(steps([{ name: 'a', template: 't', onExit: 'ok' }]), { templates: [template], onExit: 'ok' }),
        world,
      )
      if (kind === 'pod') story.begin('wf[0].a')
      story.ask({ kind: 'stop' })
      expect(story.node('wf[0].a')).toMatchObject({ phase: 'Failed', message: text[kind as keyof typeof text] })
      story.play()
      expect([story.phases['wf[0].a.onExit'], story.phases['wf.onExit']]).toEqual(['Succeeded', 'Succeeded'])
      expect([story.phase, story.message]).toEqual(['Failed', "Stopped with strategy 'Stop'"])
    },
  )
  it('by Terminate runs no exit handler', () => {
    const story = new Story(spec(steps([{ name: 'a', template: 'ok', onExit: 'ok' }]), { onExit: 'ok' }))
    story.begin('wf[0].a')
    story.ask({ kind: 'terminate' })
    story.play()
    expect(Object.keys(story.phases).filter((name) => name.includes('onExit'))).toEqual([])
    expect(story.message).toBe("Stopped with strategy 'Terminate'")
  })
})

describe('timeouts', () => {
  it('count from the node’s creation, pending included', () => {
    const story = new Story(
      spec(steps([{ name: 'a', template: 't' }]), { templates: [{ ...ok, name: 't', timeout: '10s' }] }),
    )
    expect(story.pods.get('wf[0].a')?.activeDeadlineMs).toBe(10_000)
    story.pass(10_000)
    expect([story.phases['wf[0].a'], story.node('wf[0]').message]).toEqual(['Failed', 'timeout'])
  })
  it('that are nearly over let what runs go on after a restart', () => {
    const before = new Story(
      spec(steps([{ name: 'a', template: 't' }]), { templates: [{ ...ok, name: 't', timeout: '10s' }] }),
    )
    before.begin('wf[0].a')
    before.pass(9_500)
    const story = before.reopened()
    expect(story.pods.get('wf[0].a')?.activeDeadlineMs).toBe(500)
    story.end('wf[0].a')
    expect(story.phase).toBe('Succeeded')
  })
  it('of activeDeadlineSeconds are the pod’s own, and a failure', () => {
    const story = new Story(
      spec(steps([{ name: 'a', template: 't' }]), { templates: [{ ...ok, name: 't', activeDeadlineSeconds: 7 }] }),
    )
    expect(story.pods.get('wf[0].a')?.activeDeadlineMs).toBe(7000)
  })
})
