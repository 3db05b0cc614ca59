import { expect, it } from 'vitest'
import { advance, openRun } from './advance.ts'
import { storyWorld } from './testing/story.ts'
import { instant } from '../resources/index.ts'

it("fills a template's own inputs into the key of its input artifact", () => {
  const parameters = [{ name: 'number', value: '{{item}}' }]
  const run = openRun(
    {
      workflow: {
        metadata: { name: 'wf', namespace: 'default', uid: 'u' },
        spec: {
          entrypoint: 'main',
          templates: [
            { name: 'main', steps: [[{ name: 'use', template: 'use', withItems: [7], arguments: { parameters } }]] },
            {
              name: 'use',
              container: { image: 'busybox' },
              inputs: {
                parameters: [{ name: 'number' }],
                artifacts: [{ name: 'in', path: '/in', s3: { key: 'part/{{inputs.parameters.number}}' } }],
              },
            },
          ],
        },
      },
      nodes: [],
      internal: null,
    },
    storyWorld(),
  )
  const { effects } = advance(run, [], instant(Date.parse('2026-01-02T03:04:05Z')))
  const plans = effects.flatMap((effect) => (effect.kind === 'runPod' ? [effect.plan] : []))
  expect(plans[0]?.inputArtifacts).toMatchObject([{ name: 'in', s3: { key: 'part/7' } }])
})
