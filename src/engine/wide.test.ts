import { describe, expect, it } from 'vitest'
import { addAll } from './add-all.ts'
import { podsAtOnceMax } from './gate.ts'
import { Story } from './testing/story.ts'

const say = {
  name: 'say',
  inputs: { parameters: [{ name: 'word' }] },
  container: { image: 'busybox', command: ['echo', '{{inputs.parameters.word}}'] },
}
const wordOf = (value: string) => ({ parameters: [{ name: 'word', value }] })

describe('a wide loop', () => {
  const width = podsAtOnceMax + 2_000

  it('of a step asks for no more pods at once than a host could ever run, each with its own item', () => {
    const loop = {
      name: 'each',
      template: 'say',
      withSequence: { count: String(width) },
      arguments: wordOf('{{item}} of {{workflow.name}}'),
    }
    const story = new Story({
      entrypoint: 'main',
      templates: [{ name: 'main', steps: [[loop], [{ name: 'last', template: 'say', arguments: wordOf('x') }]] }, say],
    })
    expect(story.pods.size).toBe(podsAtOnceMax)
    expect(story.pods.get('wf[0].each(7:7)')?.spec.containers[0]?.command).toEqual(['echo', '7 of wf'])
    story.play()
    expect([story.phase, story.run.status.progress]).toEqual(['Succeeded', `${width + 1}/${width + 1}`])
    const inputs = story.node(`wf[0].each(${width - 1}:${width - 1})`).inputs
    expect(inputs?.parameters).toEqual([{ name: 'word', value: `${width - 1} of wf` }])
    expect(story.node('wf[0]').children).toHaveLength(width)
  }, 60_000)

  it('of a task fills in what stands in its items when their turn comes', () => {
    const task = {
      name: 'each',
      template: 'say',
      withItems: Array.from({ length: 1_500 }, (_, index) => ({ a: `a${index}` })),
      arguments: wordOf('{{item.a}}'),
    }
    const story = new Story({
      entrypoint: 'main',
      parallelism: 2,
      templates: [{ name: 'main', dag: { tasks: [task] } }, say],
    })
    expect([...story.pods.keys()]).toEqual(['wf.each(0:a:a0)', 'wf.each(1:a:a1)'])
    story.play()
    expect(story.phase).toBe('Succeeded')
    expect(story.node('wf.each(1499:a:a1499)').inputs?.parameters?.[0]?.value).toBe('a1499')
  })

  it('has as its last nodes those of its items, also of one that was opened again in the middle', () => {
    const loop = { name: 'each', template: 'say', withSequence: { count: '7' }, arguments: wordOf('{{item}}') }
    const entry = { name: 'main', steps: [[{ name: 'inner', template: 'loop' }], [{ ...loop, name: 'last' }]] }
    const templates = [entry, { name: 'loop', steps: [[loop]] }, say]
    let story = new Story({ entrypoint: 'main', parallelism: 2, templates })
    let count = 0
    for (let [name] = story.pods.keys(); name !== undefined; [name] = story.pods.keys()) {
      story.end(name)
      count += 1
      if (count !== 4 && count !== 10) continue
      story = story.reopened()
      story.tell()
    }
    expect([story.phase, count]).toEqual(['Succeeded', 14])
    const ids = (start: string) =>
      [...story.run.nodes.values()].filter(({ name }) => name.startsWith(start)).map(({ id }) => id)
    const [inner, last] = [ids('wf[0].inner[0].each('), ids('wf[1].last(')]
    expect([inner.length, last.length]).toEqual([7, 7])
    expect([story.node('wf[0].inner[0]').children, story.node('wf[0].inner').outboundNodes]).toEqual([inner, inner])
    expect([story.node('wf[1]').children, story.node('wf').outboundNodes]).toEqual([last, last])
    for (const id of inner) expect(story.run.nodes.get(id)?.children).toEqual([story.node('wf[1]').id])
  })

  it('fails before anything starts where an item cannot be filled in', () => {
    const items = [...Array.from({ length: 1_500 }, () => ({ a: 'x' })), { b: 'y' }]
    const step = { name: 'each', template: 'say', withItems: items, arguments: wordOf('{{item.a}}') }
    const story = new Story({ entrypoint: 'main', templates: [{ name: 'main', steps: [[step]] }, say] })
    expect([story.phase, story.pods.size]).toEqual(['Failed', 0])
  })
})

it('more can be appended than a call may have arguments', () => {
  const list: number[] = []
  addAll(list, new Uint8Array(1_000_000))
  expect(list).toHaveLength(1_000_000)
})
