import { expect, it } from 'vitest'
import { advance, openRun } from './advance.ts'
import { storyWorld } from './testing/story.ts'
import { instant } from '../resources/index.ts'
import type { Decision } from './decision.ts'
import type { PodPlan } from './effects.ts'

const pods = (decision: Decision): PodPlan[] =>
  decision.effects.flatMap((effect) => (effect.kind === 'runPod' ? [effect.plan] : []))

it('passes an artifact to a step whose argument is `from: "{{steps.a.outputs.artifacts.x}}"`', () => {
  const now = instant(Date.parse('2026-01-02T03:04:05Z'))
  const container = { image: 'busybox' }
  const from = '{{steps.make.outputs.artifacts.out}}'
  const run = openRun(
    {
      workflow: {
        metadata: { name: 'wf', namespace: 'default', uid: 'u' },
        spec: {
          entrypoint: 'main',
          templates: [
            {
              name: 'main',
              steps: [
                [{ name: 'make', template: 'make' }],
                [{ name: 'use', template: 'use', arguments: { artifacts: [{ name: 'in', from }] } }],
              ],
            },
            { name: 'make', container, outputs: { artifacts: [{ name: 'out', path: '/tmp/out' }] } },
            { name: 'use', container, inputs: { artifacts: [{ name: 'in', path: '/in' }] } },
          ],
        },
      },
      nodes: [],
      internal: null,
    },
    storyWorld(),
  )
  const [make] = pods(advance(run, [], now))
  if (make === undefined) throw new Error('the first pod was not asked for')
  const state = {
    identity: make.identity,
    phase: 'ended' as const,
    ready: false,
    containers: [
      { name: 'main', role: 'main' as const, state: 'exited' as const, exitCode: 0, startedAt: now, finishedAt: now },
    ],
  }
  const result = { state, parameters: [], artifacts: [...make.outputArtifacts] }
  const [use] = pods(
    advance(run, [{ kind: 'podFinished', node: make.identity.nodeId, pod: make.identity.id, result }], now),
  )
  expect(use?.inputArtifacts).toMatchObject([{ name: 'in', path: '/in', s3: { key: 'wf/wf-make-577453798/out.tgz' } }])
})
