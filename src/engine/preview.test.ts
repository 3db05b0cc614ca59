import { expect, it } from 'vitest'
import { workflowOf } from './advance.ts'
import type { Operation } from './decision.ts'
import { previewOperation, previewResubmit } from './operations/preview.ts'
import type { Preview } from './operations/preview.ts'
import { resubmitted } from './operations/resubmit.ts'
import { Story } from './testing/story.ts'

const container = { image: 'busybox', command: ['true'] }
const twoSteps = {
  entrypoint: 'main',
  templates: [
    { name: 'main', steps: [[{ name: 'good', template: 'work' }], [{ name: 'bad', template: 'work' }]] },
    { name: 'work', container },
  ],
}
const approval = {
  entrypoint: 'main',
  onExit: 'work',
  templates: [
    {
      name: 'main',
      steps: [
        [
          { name: 'ask', template: 'ask' },
          { name: 'busy', template: 'work' },
        ],
      ],
    },
    {
      name: 'ask',
      suspend: {},
      inputs: { parameters: [{ name: 'ok', default: 'NO' }] },
      outputs: { parameters: [{ name: 'ok', valueFrom: { supplied: {} } }] },
    },
    { name: 'work', container },
  ],
}

const previewed = (story: Story, operation: Operation): Preview => {
  const before = JSON.stringify(workflowOf(story.run, { nodes: true }))
  const preview = previewOperation(story.run, operation, story.now)
  expect(JSON.stringify(workflowOf(story.run, { nodes: true }))).toBe(before)
  expect([...story.run.changed, ...story.run.effects]).toEqual([])
  if ('refused' in preview) throw new Error(preview.message)
  return preview
}
const fates = ({ nodes }: Preview) =>
  nodes.map(({ displayName, fate, becomes }) => `${displayName} ${fate}${becomes === undefined ? '' : ` ${becomes}`}`)

function failed(): Story {
  const story = new Story(twoSteps)
  story.end('wf[0].good', {})
  story.end('wf[1].bad', { exitCode: 1 })
  expect(story.run.status.phase).toBe('Failed')
  return story
}

it('says what a retry would run again, and the retry does just that', () => {
  const story = failed()
  const preview = previewed(story, { kind: 'retry' })
  expect(fates(preview)).toEqual(['wf opened-again Running', '[1] opened-again Running', 'bad runs-again'])
  story.ask({ kind: 'retry' })
  expect([...story.pods.keys()]).toEqual(['wf[1].bad'])
})

it('shows the nodes that a selector makes a retry repeat', () => {
  const preview = previewed(failed(), {
    kind: 'retry',
    restartSuccessful: true,
    nodeFieldSelector: 'displayName=good',
    parameters: ['message=other'],
  })
  expect(fates(preview)).toContain('good runs-again')
  expect(preview.spec).toEqual([
    { field: 'arguments', before: null, after: { parameters: [{ name: 'message', value: 'other' }] } },
  ])
})

it.each([
  [
    'stop',
    'Stop',
    ['wf ends Failed', '[0] ends Failed', 'ask ends Failed', 'busy ends Failed', 'wf.onExit begins Pending'],
  ],
  ['terminate', 'Terminate', ['wf ends Failed', '[0] ends Failed', 'ask ends Failed', 'busy ends Failed']],
] as const)('says what %s would end', (kind, shutdown, expected) => {
  const story = new Story(approval)
  const preview = previewed(story, { kind })
  expect(fates(preview)).toEqual(expected)
  expect(preview.spec).toEqual([{ field: 'shutdown', before: null, after: shutdown }])
  expect(preview.nodes.find(({ displayName }) => displayName === 'busy')?.message).toBe(
    `workflow shutdown with strategy:  ${shutdown}`,
  )
})

it('says which suspended nodes a selector would fail, set or resume, and with what', () => {
  const story = new Story(approval)
  const nodeFieldSelector = 'displayName=ask'
  const stopped = previewed(story, { kind: 'stop', nodeFieldSelector, message: 'no' })
  expect(stopped.nodes).toMatchObject([{ displayName: 'ask', phase: 'Running', becomes: 'Failed', message: 'no' }])
  expect(stopped.spec).toEqual([])
  const set = previewed(story, { kind: 'set', nodeFieldSelector, outputParameters: { ok: 'YES' } })
  expect(set.nodes).toMatchObject([{ displayName: 'ask', fate: 'changes', outputs: { ok: 'YES' } }])
  const resumed = previewed(story, { kind: 'resume' })
  expect(resumed.nodes).toMatchObject([{ displayName: 'ask', becomes: 'Succeeded', outputs: { ok: 'NO' } }])
})

it('refuses with the words of the operation itself', () => {
  const story = failed()
  expect(previewOperation(story.run, { kind: 'stop' }, story.now)).toMatchObject({ refused: true, code: 'INTERNAL' })
  const running = new Story(approval)
  expect(previewOperation(running.run, { kind: 'retry' }, running.now)).toMatchObject({
    message: 'Cannot retry a workflow in phase Running',
  })
})

it('says what a memoized resubmission would keep', () => {
  const story = failed()
  const old = workflowOf(story.run, { nodes: true })
  const of = (memoized: boolean) => {
    const next = resubmitted(old, { memoized, parameters: [] }, story.world.random, story.now)
    if ('refused' in next) throw new Error(next.message)
    return fates(previewResubmit(old, next))
  }
  expect(of(true)).toContain('good kept Skipped')
  expect(of(true)).toContain('bad runs-again')
  expect(of(false)).toContain('good runs-again')
})
