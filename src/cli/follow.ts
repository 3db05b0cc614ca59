/** Ways to stay with a workflow until it has ended: the tree redrawn, its log, or nothing but the end. */
import type { Workflow } from '../resources/index.ts'
import { ApiRefusal } from './client.ts'
import type { Context } from './globals.ts'
import { LiveText } from './live-text.ts'
import { workflowText } from './view/workflow-text.ts'
import { isEnded, watchWorkflow, workflowPath } from './workflows-api.ts'

export async function watchTree(context: Context, name: string): Promise<void> {
  const live = new LiveText(process.stdout)
  let last: Workflow | null = null
  const draw = () => {
    if (last !== null) live.show(workflowText(last, { style: context.style, nowMs: Date.now() }))
  }
  const ticking = setInterval(draw, 1000)
  try {
    for await (const workflow of watchWorkflow(context, name)) {
      last = workflow
      draw()
    }
  } finally {
    clearInterval(ticking)
    live.done()
  }
}

/** The ended workflow; `null` where it was deleted meanwhile. */
export async function waitForEnd(context: Context, name: string): Promise<Workflow | null> {
  for await (const workflow of watchWorkflow(context, name)) if (isEnded(workflow)) return workflow
  return null
}

/** True where all succeeded. `ignoreMissing`: a name that nobody knows counts as success. */
export async function waitForAll(context: Context, names: readonly string[], ignoreMissing: boolean): Promise<boolean> {
  const outcomes = await Promise.all(
    names.map(async (name) => {
      try {
        // The watch of a name that is not there would wait for it.
        await context.api.call('GET', workflowPath(context.namespace, name))
        const workflow = await waitForEnd(context, name)
        const { phase = 'Error', finishedAt = '' } = workflow?.status ?? {}
        context.say(`${name} ${phase} at ${finishedAt ?? ''}`)
        return phase === 'Succeeded'
      } catch (error) {
        if (!(error instanceof ApiRefusal) || error.status !== 404) throw error
        if (!ignoreMissing) process.stderr.write(`${name}: ${error.message}\n`)
        return ignoreMissing
      }
    }),
  )
  return outcomes.every(Boolean)
}

export type LogFlags = {
  readonly container?: string
  readonly follow?: boolean
  readonly since?: string
  readonly sinceTime?: string
  readonly tail?: string
  readonly grep?: string
  readonly selector?: string
  readonly timestamps?: boolean
  readonly previous?: boolean
}

const podColours = [36, 33, 35, 32, 34, 96, 93, 95, 92, 94]

export async function printLogs(
  context: Context,
  name: string,
  pod: string | undefined,
  flags: LogFlags,
): Promise<void> {
  const query = new URLSearchParams({ 'logOptions.container': flags.container ?? 'main' })
  const set = (key: string, value: string | undefined) => void (value === undefined || query.set(key, value))
  set('podName', pod)
  set('grep', flags.grep)
  set('selector', flags.selector)
  set('logOptions.follow', flags.follow === true ? 'true' : undefined)
  set('logOptions.timestamps', flags.timestamps === true ? 'true' : undefined)
  set('logOptions.previous', flags.previous === true ? 'true' : undefined)
  set('logOptions.tailLines', flags.tail)
  set('logOptions.sinceTime', flags.sinceTime)
  set('logOptions.sinceSeconds', flags.since === undefined ? undefined : String(secondsOf(flags.since)))
  const colours = new Map<string, number>()
  const path = `${workflowPath(context.namespace, name)}/log?${query}`
  for await (const { podName = '', content = '' } of context.api.stream<{ podName?: string; content?: string }>(path)) {
    if (!colours.has(podName)) colours.set(podName, podColours[colours.size % podColours.length] ?? 39)
    const line = `${podName}: ${content}`
    context.say(context.style.colour ? `\u001B[${colours.get(podName) ?? 39}m${line}\u001B[0m` : line)
  }
}

/** `90`, `5m`, `1h30m`, `2d` in seconds. */
export function secondsOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  const sizes: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
  return [...text.matchAll(/(\d+)([smhd])/g)].reduce(
    (sum, [, count, unit = 's']) => sum + Number(count) * (sizes[unit] ?? 1),
    0,
  )
}
