/** A CronWorkflow that fires over crashes, until a person deletes it. */
import type { CronWorkflow } from '../../src/resources/index.ts'
import { container } from './deed.ts'
import type { Dice } from './dice.ts'

export const cronName = 'tick'
export const everyMs = 60_000

export function drawCron(dice: Dice): { readonly object: CronWorkflow; readonly untilMs: number } {
  const object = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'CronWorkflow',
    metadata: { name: cronName, namespace: 'default' },
    spec: {
      schedules: ['* * * * *'],
      concurrencyPolicy: dice.pick(['Allow', 'Forbid', 'Replace']),
      ...(dice.chance(0.6) ? { startingDeadlineSeconds: dice.pick([30, 100]) } : {}),
      workflowSpec: {
        entrypoint: 'main',
        templates: [{ name: 'main', container: container({ ms: dice.pick([0, 5_000, 90_000]) }) }],
      },
    },
  } as unknown as CronWorkflow
  return { object, untilMs: dice.int(90_000, 260_000) }
}
