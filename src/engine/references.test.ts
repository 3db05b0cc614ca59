/** What steps and tasks may refer to, and when. */
import { describe, expect, it } from 'vitest'
import { Story } from './testing/story.ts'

const value = (value: string) => ({ parameters: [{ name: 'v', value }] })
const echo = { name: 'echo', inputs: { parameters: [{ name: 'v', default: 'none' }] }, container: { image: 'x' } }
const print = { name: 'print', script: { image: 'x', command: ['sh'], source: 'echo' } }

describe('an expression in an argument', () => {
  it('sees what came after an earlier group had looked at an expression', () => {
    const story = new Story({
      entrypoint: 'main',
      templates: [
        {
          name: 'main',
          steps: [
            [{ name: 'a', template: 'print', arguments: value('{{=string(1 + 1)}}') }],
            [{ name: 'b', template: 'echo', arguments: value("{{=steps.a.outputs.result + '!'}}") }],
            [{ name: 'c', template: 'echo', arguments: value("{{=steps.b.status + '/' + steps.a.outputs.result}}") }],
          ],
        },
        { ...print, inputs: { parameters: [{ name: 'v' }] } },
        echo,
      ],
    }).play(() => ({ result: 'hello' }))
    expect(story.node('wf[1].b').inputs?.parameters?.[0]?.value).toBe('hello!')
    expect(story.node('wf[2].c').inputs?.parameters?.[0]?.value).toBe('Succeeded/hello')
  })
  it('sees the aggregated results of a loop', () => {
    const story = new Story({
      entrypoint: 'main',
      templates: [
        {
          name: 'main',
          steps: [
            [{ name: 's', template: 'print', withSequence: { count: 3 } }],
            [
              {
                name: 'sum',
                template: 'echo',
                arguments: value('{{=sum(map(fromJSON(steps.s.outputs.result), {int(#)}))}}'),
              },
            ],
          ],
        },
        print,
        echo,
      ],
    }).play(() => ({ result: '10' }))
    expect(story.node('wf[1].sum').inputs?.parameters?.[0]?.value).toBe('30')
  })
  it('finds the name of the calling step empty where the entrypoint stands, and in handlers', () => {
    const story = new Story({
      entrypoint: 'main',
      onExit: 'bye',
      templates: [
        {
          name: 'main',
          steps: [[{ name: 'a', template: 'echo', arguments: value('[{{steps.name}}] {{node.name}}') }]],
        },
        { name: 'bye', steps: [[{ name: 'b', template: 'echo', arguments: value('[{{steps.name}}]') }]] },
        echo,
      ],
    }).play(() => ({}))
    expect(story.node('wf[0].a').inputs?.parameters?.[0]?.value).toBe('[] wf')
    expect(story.node('wf.onExit[0].b').inputs?.parameters?.[0]?.value).toBe('[]')
  })
  it('sees global outputs that were exported after the template had begun', () => {
    const story = new Story({
      entrypoint: 'main',
      templates: [
        {
          name: 'main',
          steps: [
            [{ name: 'a', template: 'gen', arguments: value('{{=workflow.name}}') }],
            [{ name: 'b', template: 'echo', arguments: value("{{=workflow.outputs.parameters.g + '!'}}") }],
          ],
        },
        {
          name: 'gen',
          inputs: { parameters: [{ name: 'v' }] },
          container: { image: 'x' },
          outputs: { parameters: [{ name: 'p', valueFrom: { path: '/p' }, globalName: 'g' }] },
        },
        echo,
      ],
    }).play(() => ({ parameters: { p: 'seen' } }))
    expect(story.node('wf[1].b').inputs?.parameters?.[0]?.value).toBe('seen!')
  })
})

describe('a reference to an output that never came', () => {
  it.each([
    ['tag', '{{tasks.a.outputs.parameters.nope}}'],
    ['expression', '{{=tasks.a.outputs.parameters.nope}}'],
  ])('as a %s keeps the task waiting instead of handing the tag on', (_form, text) => {
    const story = new Story({
      entrypoint: 'main',
      templates: [
        {
          name: 'main',
          dag: {
            tasks: [
              { name: 'a', template: 'echo' },
              { name: 'b', template: 'echo', dependencies: ['a'], arguments: value(text) },
            ],
          },
        },
        echo,
      ],
    }).play()
    expect(story.phases['wf.a']).toBe('Succeeded')
    expect(story.phases['wf.b']).toBeUndefined()
  })
})

describe('an artifact in the place of an input', () => {
  const storyOf = (optional: { argument?: boolean; input?: boolean }, given: object) =>
    new Story({
      entrypoint: 'main',
      arguments: { artifacts: [{ name: 'x', ...given, ...(optional.argument ? { optional: true } : {}) }] },
      templates: [
        {
          name: 'main',
          inputs: { artifacts: [{ name: 'x', path: '/x', ...(optional.input ? { optional: true } : {}) }] },
          container: { image: 'x' },
        },
      ],
    })
  const placed = { s3: { key: 'somewhere' } }

  it('may be missing in the store only if the argument says so', () => {
    expect(storyOf({ input: true }, placed).pods.get('wf')?.inputArtifacts[0]?.optional).toBeUndefined()
    expect(storyOf({ argument: true }, placed).pods.get('wf')?.inputArtifacts[0]?.optional).toBe(true)
  })
  it('needs a location where the input is required, optional or not itself', () => {
    expect(storyOf({ argument: true }, {}).node('wf').message).toBe('inputs.artifacts.x missing location information')
    expect(
      storyOf({ argument: true, input: true }, {})
        .play(() => ({}))
        .node('wf').phase,
    ).toBe('Succeeded')
  })
})
