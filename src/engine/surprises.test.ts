/** What is easy to get wrong in Argo's semantics, as stories: what happens, and what must come of it. */
import { describe, expect, it } from 'vitest'
import type { Template } from '../resources/index.ts'
import { bad, dag, given, gives, input, play, spec, steps } from './testing/small-workflows.ts'
import { Story } from './testing/story.ts'

describe('a DAG is judged by its leaves', () => {
  const a = { name: 'a', template: 'bad' }
  it.each([
    ['B depends on failed A', [a, { name: 'b', template: 'ok', dependencies: ['a'] }], 'Failed', 'Omitted'],
    ['B runs on A.Failed', [a, { name: 'b', template: 'ok', depends: 'a.Failed' }], 'Succeeded', 'Succeeded'],
    [
      'A is forgiven and B depends on it',
      [
        { ...a, continueOn: { failed: true } },
        { name: 'b', template: 'ok', dependencies: ['a'] },
      ],
      'Succeeded',
      'Succeeded',
    ],
    [
      'A succeeds and B wants its failure',
      [
        { ...a, template: 'ok' },
        { name: 'b', template: 'ok', depends: 'a.Failed' },
      ],
      'Succeeded',
      'Omitted',
    ],
    [
      'A is skipped and B depends on it',
      [
        { ...a, when: '1 == 2' },
        { name: 'b', template: 'ok', dependencies: ['a'] },
      ],
      'Succeeded',
      'Succeeded',
    ],
    [
      'A is skipped and B wants its success',
      [
        { ...a, when: '1 == 2' },
        { name: 'b', template: 'ok', depends: 'a.Succeeded' },
      ],
      'Succeeded',
      'Omitted',
    ],
  ])('%s', (_what, tasks, phase, b) => {
    const story = play(spec(dag(tasks)))
    expect([story.phase, story.phases['wf.b'], story.message]).toEqual([phase, b, ''])
  })
  it('and tasks outside of its target have no node', () => {
    const tasks = ['a', 'b', 'c'].map((name) => ({ name, template: 'ok' }))
    expect(Object.keys(play(spec(dag(tasks, { target: 'a c' }))).phases).sort()).toEqual(['wf', 'wf.a', 'wf.c'])
  })
})

describe('a reference to what a skipped step would have given', () => {
  const skipped = { name: 'a', template: 'gives', when: '1 == 2' }
  const refers = (value: string) => steps([skipped], [{ name: 'b', template: 'takes', arguments: given(value) }])
  it('takes the input’s default where it is the whole argument', () => {
    expect(input(play(spec(refers('{{steps.a.outputs.parameters.p}}'))), 'wf[1].b')).toBe('own')
  })
  it('is an error where it is a part of it', () => {
    const story = play(spec(refers('<{{steps.a.outputs.parameters.p}}>')))
    expect([story.phase, story.phases['wf[1]']]).toEqual(['Failed', 'Error'])
    expect(story.message).toContain('absent optional')
  })
  it('takes the producer’s default first', () => {
    const defaulted = {
      ...gives,
      name: 'defaulted',
      outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p', default: 'theirs' } }] },
    }
    const main = steps(
      [{ ...skipped, template: 'defaulted' }],
      [{ name: 'b', template: 'takes', arguments: given('{{steps.a.outputs.parameters.p}}') }],
    )
    expect(input(play(spec(main, { templates: [defaulted] })), 'wf[1].b')).toBe('theirs')
  })
})

describe('steps', () => {
  it('forgive a failure by continueOn, but not an error', () => {
    const main = steps([{ name: 'a', template: 'ok', continueOn: { failed: true } }])
    const failed = new Story(spec(main))
    failed.end('wf[0].a', { exitCode: 1 })
    const errored = new Story(spec(main))
    errored.end('wf[0].a', { collectError: 'gone' })
    expect([failed.phase, errored.phase, errored.phases['wf[0].a']]).toEqual(['Succeeded', 'Failed', 'Error'])
  })
  it('skip a loop over nothing under its bare name', () => {
    const story = play(spec(steps([{ name: 'a', template: 'ok', withParam: '[]' }])))
    expect(story.node('wf[0].a')).toMatchObject({ type: 'Skipped', phase: 'Skipped', message: 'Skipped, empty params' })
    expect(story.phase).toBe('Succeeded')
  })
  it('decide `when` before the rest of the step', () => {
    const story = play(
      spec(
        steps([
          { name: 'a', template: 'takes', when: '1 == 2', arguments: given('{{=int(steps.nobody.outputs.result)}}') },
        ]),
      ),
    )
    expect([story.phase, story.phases['wf[0].a']]).toEqual(['Succeeded', 'Skipped'])
  })
  it('name items by index and value', () => {
    const story = play(spec(steps([{ name: 'a', template: 'ok', withItems: ['x/y', { b: 1, a: 'z' }, 3] }])))
    expect(Object.keys(story.phases).filter((name) => name.includes('('))).toEqual([
      'wf[0].a(0:x/y)',
      'wf[0].a(1:a:z,b:1)',
      'wf[0].a(2:3)',
    ])
  })
})

describe('global outputs', () => {
  it('are seen by later steps and by the exit handler', () => {
    const main = steps(
      [{ name: 'a', template: 'gives' }],
      [{ name: 'b', template: 'takes', arguments: given('{{workflow.outputs.parameters.g}}') }],
    )
    const tell: Template = {
      name: 'tell',
      container: { image: 'x', args: ['{{workflow.outputs.parameters.g}} {{workflow.status}}'] },
    }
    const story = new Story(spec(main, { templates: [tell], onExit: 'tell' }))
    story.end('wf[0].a', { parameters: { p: 'made' } })
    expect(input(story, 'wf[1].b')).toBe('made')
    story.end('wf[1].b')
    expect(story.pods.get('wf.onExit')?.spec.containers[0]?.args).toEqual(['made Succeeded'])
    expect(story.run.status.outputs?.parameters).toEqual([{ name: 'g', value: 'made' }])
  })
})

describe('exit handlers and hooks', () => {
  it('a failed exit handler fails a workflow that succeeded, with its message', () => {
    const story = play(spec(steps([{ name: 'a', template: 'ok' }]), { onExit: 'bad' }))
    expect([story.phase, story.message]).toEqual(['Failed', 'main: Error (exit code 1)'])
  })
  it('a failed workflow keeps its own message', () => {
    const story = play(spec(steps([{ name: 'a', template: 'bad' }]), { onExit: 'ok' }))
    expect([story.phase, story.message]).toEqual(['Failed', `child '${story.node('wf[0].a').id}' failed`])
  })
  it('do not run for skipped steps, nor change the phase of theirs', () => {
    const main = steps([
      { name: 'a', template: 'ok', when: '1 == 2', onExit: 'ok' },
      { name: 'b', template: 'ok', onExit: 'bad' },
    ])
    const story = play(spec(main))
    expect([story.phase, story.phases['wf[0].a.onExit'], story.phases['wf[0].b.onExit']]).toEqual([
      'Succeeded',
      undefined,
      'Failed',
    ])
  })
  it('of a retried step run once, after its last attempt', () => {
    const retried = { ...bad, name: 'retried', retryStrategy: { limit: 1 } }
    const story = new Story(spec(steps([{ name: 'a', template: 'retried', onExit: 'ok' }]), { templates: [retried] }))
    story.end('wf[0].a(0)', { exitCode: 1 })
    expect(story.phases['wf[0].a.onExit']).toBeUndefined()
    story.end('wf[0].a(1)', { exitCode: 1 })
    expect([...story.pods.keys()]).toEqual(['wf[0].a.onExit'])
    expect(story.node('wf[0].a')).toMatchObject({ type: 'Retry', phase: 'Failed', message: 'No more retries left' })
  })
  it('are exempt from the workflow’s deadline', () => {
    const story = new Story(spec(steps([{ name: 'a', template: 'ok' }]), { activeDeadlineSeconds: 10, onExit: 'ok' }))
    story.begin('wf[0].a')
    story.pass(11_000)
    expect(story.node('wf[0].a')).toMatchObject({ phase: 'Failed', message: 'Step exceeded its deadline' })
    story.end('wf[0].a', { exitCode: 143 })
    expect(story.pods.get('wf.onExit')?.activeDeadlineMs).toBeNull()
  })
})
