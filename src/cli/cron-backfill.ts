/**
 * The workflows of `drydock cron backfill`: monitors that create one workflow for each time that a CronWorkflow would
 * have fired. The scheduled instant is in every name, so whatever is killed or repeated, nothing is made twice.
 */
import { nextCronTimes, parseCronSchedule } from '../expressions/index.ts'
import { RFC3339, formatTime } from '../expressions/expr/time/layout.ts'
import { GoTime } from '../expressions/expr/time/go-time.ts'
import { parseTime } from '../expressions/expr/time/parse.ts'
import { UTC } from '../expressions/expr/time/zones.ts'
import { UserError } from '../resources/index.ts'
import type { CronWorkflow, Workflow } from '../resources/index.ts'

export const rfc1123 = 'Mon, 02 Jan 2006 15:04:05 MST'
const prefix = 'workflows.argoproj.io'
const apiVersion = 'argoproj.io/v1alpha1'
const priorityMax = 2 ** 31 - 1
/** A range that is this long is a mistake. */
const timesMax = 100_000

export type BackfillOptions = {
  /** Tells backfills of the same times apart; may be empty. */
  readonly name: string
  readonly startMs: number
  readonly endMs: number
  /** All at once; else one after the other, the earliest first. */
  readonly parallel: boolean
  /** Of the parameter with the scheduled time, and how Go writes that time. */
  readonly argumentName: string
  readonly format: string
  /** Workflows that one monitor makes. */
  readonly workflowsMax: number
}

/** Milliseconds since 1970 of a time in the given Go layout or RFC 3339. */
export function timeFrom(text: string, format: string): number {
  for (const layout of [format, RFC3339])
    try {
      return parseTime(layout, text).seconds * 1000
    } catch {
      continue
    }
  throw new UserError('BAD_TIME', `cannot read the time ${text}`, {
    hint: `write it like ${RFC3339}, or as --format says`,
  })
}

/** From start to end, both included, over all schedules; ascending, in whole seconds. */
export function scheduledTimes(
  { spec }: CronWorkflow,
  { startMs, endMs }: Pick<BackfillOptions, 'startMs' | 'endMs'>,
): number[] {
  const found = new Set<number>()
  for (const text of spec.schedules ?? []) {
    const schedule = parseCronSchedule(text, spec.timezone || undefined)
    if (!schedule.ok) throw new UserError('BAD_SCHEDULE', schedule.error)
    for (let at = startMs - 1; ;) {
      const [next] = nextCronTimes(schedule.value, new Date(at), 1)
      if (next === undefined || next.getTime() > endMs) break
      at = next.getTime()
      found.add(at)
      if (found.size > timesMax) throw new UserError('TOO_MANY_TIMES', `more than ${timesMax} scheduled times`)
    }
  }
  return [...found].sort((a, b) => a - b)
}

/** One monitor for every `workflowsMax` times; its name follows from its first and last time. */
export function backfillMonitors(cron: CronWorkflow, times: readonly number[], options: BackfillOptions): Workflow[] {
  const chunks = Array.from({ length: Math.ceil(times.length / options.workflowsMax) }, (_, index) =>
    times.slice(index * options.workflowsMax, (index + 1) * options.workflowsMax),
  )
  return chunks.map((chunk, index) => monitor(cron, chunk, { ...options, rank: index * options.workflowsMax }))
}

type Ranked = BackfillOptions & { /** How many times come before the first of this monitor. */ readonly rank: number }
const fields = ['name', 'at', 'value', 'priority'] as const

function monitor(cron: CronWorkflow, times: readonly number[], options: Ranked): Workflow {
  const { name: cronName = '', namespace } = cron.metadata
  const [first = 0, last = 0] = [times[0], times.at(-1)]
  const base = options.name === '' ? cronName : `${cronName}-${options.name}`
  const items = times.map((at, index) => ({
    name: childName(cronName, options.name, at),
    at: goText(at, RFC3339),
    value: JSON.stringify(goText(at, options.format)).slice(1, -1),
    priority: String(priorityMax - options.rank - index),
  }))
  return {
    apiVersion,
    kind: 'Workflow',
    metadata: {
      name: `backfill-wf-${base}-${first / 1000}-${last / 1000}`,
      namespace,
      labels: { [`${prefix}/backfill`]: cronName },
    },
    spec: {
      entrypoint: 'main',
      templates: [
        {
          name: 'main',
          // The mutex and the priorities alone do not keep the order where the first ones are made late, as after a restart.
          ...(options.parallel ? {} : { parallelism: 1 }),
          steps: [
            [
              {
                name: 'run',
                template: 'run',
                arguments: { parameters: fields.map((name) => ({ name, value: `{{item.${name}}}` })) },
                withItems: items,
              },
            ],
          ],
        },
        {
          name: 'run',
          inputs: { parameters: fields.map((name) => ({ name })) },
          resource: {
            // What is there already is this very workflow: a step that is done again finds it.
            action: 'apply',
            manifest: childManifest(cron, options),
            successCondition: 'status.phase == Succeeded',
            failureCondition: 'status.phase in (Failed, Error)',
          },
        },
      ],
    },
  }
}

const goText = (ms: number, layout: string): string => formatTime(new GoTime(Math.floor(ms / 1000), 0, UTC), layout)

const childName = (cron: string, backfill: string, at: number): string =>
  [cron, 'backfill', ...(backfill === '' ? [] : [backfill]), String(at / 1000)].join('-')

/** JSON with the four fields as tags; tags of the CronWorkflow's own are hidden from the monitor by JSON escapes. */
function childManifest({ metadata, spec }: CronWorkflow, { name, parallel, argumentName }: BackfillOptions): string {
  const { name: cronName = '', namespace, uid = '' } = metadata
  const { workflowSpec, workflowMetadata } = spec
  const others = (workflowSpec.arguments?.parameters ?? []).filter((parameter) => parameter.name !== argumentName)
  const mutex = { name: name === '' ? `${cronName}-backfill` : `${cronName}-backfill-${name}` }
  const { synchronization } = workflowSpec
  const child = {
    apiVersion,
    kind: 'Workflow',
    metadata: {
      name: '@@name',
      namespace,
      labels: { ...workflowMetadata?.labels, [`${prefix}/backfill`]: cronName },
      annotations: { ...workflowMetadata?.annotations, [`${prefix}/scheduled-time`]: '@@at' },
      ownerReferences: [{ apiVersion, kind: 'CronWorkflow', name: cronName, uid }],
    },
    spec: {
      ...workflowSpec,
      arguments: { ...workflowSpec.arguments, parameters: [{ name: argumentName, value: '@@value' }, ...others] },
      ...(parallel
        ? {}
        : {
            priority: '@@priority',
            synchronization: { ...synchronization, mutexes: [...(synchronization?.mutexes ?? []), mutex] },
          }),
    },
  }
  return JSON.stringify(child)
    .replaceAll('{{', '\\u007b\\u007b')
    .replace('"@@priority"', '{{inputs.parameters.priority}}')
    .replace('@@name', '{{inputs.parameters.name}}')
    .replace('@@at', '{{inputs.parameters.at}}')
    .replace('@@value', '{{inputs.parameters.value}}')
}
