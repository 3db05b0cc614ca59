/** `drydock run FILE`: one workflow in the foreground, without a daemon. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { formatProblem, parseManifests } from '../../admission/index.ts'
import type { ParsedManifests } from '../../admission/index.ts'
import { ApiError } from '../../controller/index.ts'
import type { Controller, ObjectKind, StoredObject } from '../../controller/index.ts'
import { UserError } from '../../resources/index.ts'
import type { Workflow } from '../../resources/index.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { LiveText } from '../live-text.ts'
import { workflowText } from '../view/workflow-text.ts'
import { isEnded } from '../workflows-api.ts'
import { collected, textOf, withFlags } from './submit.ts'
import { addDaemonFlags, settingsOfFlags } from './up.ts'
import type { UpFlags } from './up.ts'

type RunFlags = UpFlags & {
  readonly parameter: readonly string[]
  readonly entrypoint?: string
  readonly log?: boolean
  readonly with: readonly string[]
}

export function registerRun(program: Command): void {
  addDaemonFlags(program.command('run').description('run one workflow in the foreground, without a daemon'))
    .argument('<file>', 'manifest, - for the standard input')
    .option('-p, --parameter <k=v>', 'an argument; may be repeated', collected, [])
    .option('--with <file>', 'more manifests it needs (templates, ConfigMaps, …); may be repeated', collected, [])
    .option('--entrypoint <template>', 'template to begin with')
    .option('--log', 'print what its containers write')
    .action(async (file: string, _flags: object, command: Command) => {
      process.exitCode = await run(contextOf(command), file, command.optsWithGlobals<RunFlags>())
    })
}

/** @returns 0 where the workflow succeeded */
async function run(context: Context, file: string, flags: RunFlags): Promise<number> {
  const parsed = await Promise.all([file, ...flags.with].map(async (path) => readAll(path, await textOf(path))))
  const manifests = parsed.flatMap(({ documents }) =>
    documents.flatMap(({ manifest }) => (manifest === null ? [] : [manifest])),
  )
  const workflow = manifests.find(({ kind }) => kind === 'Workflow')?.resource as Workflow | undefined
  if (workflow === undefined) throw new UserError('NO_WORKFLOW', `no Workflow found in ${file}`)

  const { startDaemon } = await import('../../main.ts')
  const scratch = flags.data === undefined ? await mkdtemp(join(tmpdir(), 'drydock-run-')) : null
  const settings = settingsOfFlags({ ...flags, data: flags.data ?? scratch ?? '', logLevel: flags.logLevel ?? 'warn' })
  const daemon = await startDaemon({
    sources: {
      environment: process.env,
      // An instance of its own: a daemon on the same Docker Engine sees nothing of it.
      flags: { ...settings, instance: `run-${process.pid}-${Date.now().toString(36)}` },
      base: process.cwd(),
      ...(flags.config === undefined ? {} : { file: flags.config }),
    },
    services: false,
  })
  const { controller, config } = daemon
  try {
    for (const { kind, resource } of manifests)
      if (kind !== 'Workflow') await putObject(controller, kind, config.namespace, resource)
    const parameters = new Map(
      flags.parameter.map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)]),
    )
    const started = await create(controller, config.namespace, withFlags(workflow, parameters, flags))
    const ended = await follow(context, controller, started, flags.log === true)
    const { namespace = config.namespace, name = '' } = started.metadata
    await controller.deleteWorkflow(namespace, name, { force: true })
    return ended?.status?.phase === 'Succeeded' ? 0 : 1
  } finally {
    await daemon.drain()
    if (scratch !== null) await rm(scratch, { recursive: true, force: true })
  }
}

function readAll(file: string, text: string): ParsedManifests {
  const parsed = parseManifests(text, { file })
  if (parsed.problems.length > 0) throw new UserError('INVALID_MANIFEST', parsed.problems.map(formatProblem).join('\n'))
  return parsed
}

async function putObject(
  controller: Controller,
  kind: ObjectKind,
  namespace: string,
  object: StoredObject,
): Promise<void> {
  const name = object.metadata?.name ?? ''
  await controller.updateObject(kind, object.metadata?.namespace ?? namespace, name, object, { upsert: true })
}

async function create(controller: Controller, namespace: string, workflow: Workflow): Promise<Workflow> {
  try {
    return await controller.createWorkflow(workflow.metadata.namespace ?? namespace, workflow)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const problems = error.problems.map(formatProblem)
    throw new UserError('REFUSED', problems.length > 0 ? problems.join('\n') : error.message)
  }
}

/** Draws until the end, or until the user has had enough (then the workflow is terminated and drawn to its end). */
async function follow(
  context: Context,
  controller: Controller,
  workflow: Workflow,
  withLog: boolean,
): Promise<Workflow | null> {
  const { namespace = '', name = '' } = workflow.metadata
  const live = new LiveText(process.stdout)
  const stop = () => void controller.operate(namespace, name, { kind: 'terminate' }).catch(() => undefined)
  process.once('SIGINT', stop)
  const changed = { wake: () => {} }
  const watching = controller.watch(null, (event) => {
    if (event.kind === 'Workflow' && event.name === name) changed.wake()
  })
  const ending = new AbortController()
  const logs = withLog ? printLog(context, controller, namespace, name, ending.signal) : Promise.resolve()
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1000)
        changed.wake = () => {
          clearTimeout(timer)
          // Many changes come at once: draw them together.
          setTimeout(resolve, 50)
        }
      })
      const now = await controller.workflow(namespace, name)
      if (now === null) return null
      if (!withLog || isEnded(now)) live.show(workflowText(now, { style: context.style, nowMs: Date.now() }))
      if (isEnded(now)) {
        await logs
        return now
      }
      await woken
    }
  } finally {
    ending.abort()
    watching.close()
    live.done()
    process.off('SIGINT', stop)
  }
}

/** Lines as they come; after the end, those of containers that were too quick to be followed. */
async function printLog(
  context: Context,
  controller: Controller,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const printed = new Map<string, number>()
  const lineOf = (entry: { readonly podName: string; readonly content: string }) => `${entry.podName}: ${entry.content}`
  for await (const entry of controller.logs(namespace, name, { follow: true, container: 'main' }, signal)) {
    const line = lineOf(entry)
    printed.set(line, (printed.get(line) ?? 0) + 1)
    context.say(line)
  }
  for await (const entry of controller.logs(namespace, name, { container: 'main' }, signal)) {
    const line = lineOf(entry)
    const count = printed.get(line) ?? 0
    if (count > 0) printed.set(line, count - 1)
    else context.say(line)
  }
}
