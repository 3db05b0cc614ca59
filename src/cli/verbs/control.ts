/** Verbs that change a workflow: stop, terminate, suspend, resume, retry, resubmit, delete, node set. */
import type { Command } from 'commander'
import { UserError } from '../../resources/index.ts'
import type { Workflow } from '../../resources/index.ts'
import type { Preview } from '../../engine/index.ts'
import { ApiRefusal } from '../client.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { objectText } from '../output.ts'
import { previewText } from '../view/preview-text.ts'
import { listWorkflows, namesOf, workflowPath } from '../workflows-api.ts'
import { addSelection, labelsOf, passes } from './look.ts'
import { afterwards, collected } from './submit.ts'
import type { AfterFlags } from './submit.ts'

type SelectFlags = { readonly selector?: string; readonly fieldSelector?: string; readonly dryRun?: boolean }

export function registerControl(program: Command): void {
  registerShutdown(program)
  for (const [verb, done] of [
    ['suspend', 'suspended'],
    ['resume', 'resumed'],
  ] as const) {
    const command = program.command(verb).description(`${verb} workflows`).argument('<workflows...>')
    command
      .option('--dry-run', 'only say what would happen')
      .option('-o, --output <form>', 'json or yaml, with --dry-run')
    if (verb === 'resume') command.option('--node-field-selector <fields>', 'only these suspended nodes')
    command.action(async (names: string[], flags: PreviewFlags & { nodeFieldSelector?: string }, self: Command) => {
      const context = contextOf(self)
      for (const name of names) {
        const body = { nodeFieldSelector: flags.nodeFieldSelector }
        if (await previewed(context, { name, verb, body, done: `workflow ${name} ${done}` }, flags)) continue
        await put(context, name, verb, body)
        context.say(`workflow ${name} ${done}`)
      }
    })
  }
  registerAgain(program)
  registerDelete(program)
  registerNodeSet(program)
}

const put = (context: Context, name: string, verb: string, body: object): Promise<Workflow> =>
  context.api.call('PUT', `${workflowPath(context.namespace, name)}/${verb}`, {
    namespace: context.namespace,
    name,
    ...body,
  })

type PreviewFlags = { readonly dryRun?: boolean; readonly output?: string }
type Asked = { readonly name: string; readonly verb: string; readonly body: object; readonly done: string }

/** With `--dry-run` prints what would happen; `false` without it. */
async function previewed(
  { api, namespace, say }: Context,
  { name, verb, body, done }: Asked,
  flags: PreviewFlags,
): Promise<boolean> {
  if (flags.dryRun !== true) return false
  const path = `${workflowPath(namespace, name)}/${verb}?dryRun=true`
  const preview = await api.call<Preview>('PUT', path, { namespace, name, ...body })
  say(objectText(preview as object, flags.output) ?? `${done} (dry-run)\n${previewText(preview)}`)
  return true
}

function registerShutdown(program: Command): void {
  for (const [verb, done, description] of [
    ['stop', 'stopped', 'stop workflows; exit handlers still run'],
    ['terminate', 'terminated', 'end workflows at once'],
  ] as const) {
    const command = program
      .command(verb)
      .description(description)
      .argument('[workflows...]')
      .option('-l, --selector <labels>', 'label selector')
      .option('--field-selector <fields>', 'field selector')
      .option('--dry-run', 'only say what would happen')
      .option('-o, --output <form>', 'json or yaml, with --dry-run')
    if (verb === 'stop')
      command.option('--message <text>', 'why').option('--node-field-selector <fields>', 'only these suspended nodes')
    command.action(
      async (
        given: string[],
        flags: SelectFlags & PreviewFlags & { message?: string; nodeFieldSelector?: string },
        self: Command,
      ) => {
        const context = contextOf(self)
        for (const name of await namesOf(context, given, { labels: flags.selector, fields: flags.fieldSelector })) {
          const body = { message: flags.message, nodeFieldSelector: flags.nodeFieldSelector }
          if (await previewed(context, { name, verb, body, done: `workflow ${name} ${done}` }, flags)) continue
          await put(context, name, verb, body)
          context.say(`workflow ${name} ${done}`)
        }
      },
    )
  }
}

type AgainFlags = AfterFlags &
  SelectFlags & {
    readonly restartSuccessful?: boolean
    readonly nodeFieldSelector?: string
    readonly memoized?: boolean
    readonly parameter: readonly string[]
  }

function registerAgain(program: Command): void {
  for (const verb of ['retry', 'resubmit'] as const) {
    const command = program
      .command(verb)
      .description(verb === 'retry' ? 'run what failed again' : 'run workflows again as new ones')
      .argument('[workflows...]')
      .option('-p, --parameter <k=v>', 'another argument; may be repeated', collected, [])
      .option('-l, --selector <labels>', 'label selector')
      .option('--field-selector <fields>', 'field selector')
      .option('-w, --wait', 'wait for the end')
      .option('--watch', 'watch until the end')
      .option('--log', 'follow the log')
      .option('--dry-run', 'only say what would run again')
      .option('-o, --output <form>', 'name, json, yaml or wide')
    if (verb === 'retry')
      command
        .option('--restart-successful', 'also nodes that succeeded')
        .option('--node-field-selector <fields>', 'which of them')
    else command.option('--memoized', 'keep what succeeded').option('--priority <n>', 'accepted')
    command.action(async (given: string[], flags: AgainFlags, self: Command) => {
      const context = contextOf(self)
      const names = await namesOf(context, given, { labels: flags.selector, fields: flags.fieldSelector })
      if (names.length > 1 && (flags.watch === true || flags.log === true || flags.wait === true))
        throw new UserError('ONE_WORKFLOW', '--wait, --watch and --log take one workflow')
      const { restartSuccessful, nodeFieldSelector, memoized, parameter: parameters } = flags
      const body = verb === 'retry' ? { restartSuccessful, nodeFieldSelector, parameters } : { memoized, parameters }
      const started: Workflow[] = []
      const done = verb === 'retry' ? 'retried' : 'resubmitted'
      for (const name of names)
        if (!(await previewed(context, { name, verb, body, done: `workflow ${name} ${done}` }, flags)))
          started.push(await put(context, name, verb, body))
      await afterwards(context, started, flags)
    })
  }
}

type DeleteFlags = SelectFlags & {
  readonly all?: boolean
  readonly allNamespaces?: boolean
  readonly completed?: boolean
  readonly resubmitted?: boolean
  readonly prefix?: string
  readonly older?: string
  readonly status?: string
  readonly force?: boolean
}

function registerDelete(program: Command): void {
  addSelection(program.command('delete').description('delete workflows, with their containers, volumes and logs'))
    .argument('[workflows...]')
    .option('--all', 'all of the namespace')
    .option('-A, --all-namespaces', 'of every namespace')
    .option('--query-chunk-size <n>', 'accepted')
    .option('--dry-run', 'only say which')
    .option('--force', 'whatever its finalizers say')
    .action(async (given: string[], flags: DeleteFlags, command: Command) => {
      const context = contextOf(command)
      const targets =
        given.length > 0
          ? given.map((name) => ({ namespace: context.namespace, name }))
          : await selected(context, flags)
      if (targets.length === 0) context.say('No resources found')
      for (const { namespace, name } of targets) {
        const suffix = flags.dryRun === true ? ' (dry-run)' : ''
        const found = flags.dryRun === true || (await deleteOne(context, namespace, name, flags.force === true))
        context.say(found ? `Workflow '${name}' deleted${suffix}` : `Workflow '${name}' not found`)
      }
    })
}

async function selected(context: Context, flags: DeleteFlags): Promise<{ namespace: string; name: string }[]> {
  const labels = labelsOf(flags)
  const isAnything = flags.all === true || flags.allNamespaces === true
  const isChosen =
    labels !== undefined || flags.prefix !== undefined || flags.older !== undefined || flags.fieldSelector !== undefined
  if (!isAnything && !isChosen) throw new UserError('NOTHING_NAMED', 'name a workflow, select some, or say --all')
  const selection = { labels, fields: flags.fieldSelector, allNamespaces: flags.allNamespaces === true }
  const found = await listWorkflows(context, selection, { nodes: false })
  return found
    .filter((workflow) => passes(workflow, flags))
    .map(({ metadata }) => ({ namespace: metadata.namespace ?? context.namespace, name: metadata.name ?? '' }))
}

async function deleteOne({ api }: Context, namespace: string, name: string, force: boolean): Promise<boolean> {
  try {
    await api.call('DELETE', `${workflowPath(namespace, name)}${force ? '?force=true' : ''}`)
    return true
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 404) return false
    throw error
  }
}

type SetFlags = {
  readonly nodeFieldSelector: string
  readonly phase?: string
  readonly outputParameter: readonly string[]
  readonly message?: string
  readonly dryRun?: boolean
  readonly output?: string
}

function registerNodeSet(program: Command): void {
  program
    .command('node')
    .description('change nodes of a workflow')
    .command('set')
    .description('set the phase, message or output parameters of suspended nodes')
    .argument('<workflow>')
    .requiredOption('--node-field-selector <fields>', 'which nodes')
    .option('--phase <phase>', 'Succeeded, Failed or Error')
    .option('-p, --output-parameter <k=v>', 'a supplied output parameter; may be repeated', collected, [])
    .option('-m, --message <text>', 'message')
    .option('--dry-run', 'only say what would be set')
    .option('-o, --output <form>', 'json or yaml, with --dry-run')
    .action(async (name: string, flags: SetFlags, command: Command) => {
      const context = contextOf(command)
      const pairs = flags.outputParameter.map((pair) => [
        pair.split('=', 1)[0] ?? '',
        pair.slice(pair.indexOf('=') + 1),
      ])
      const outputParameters = pairs.length === 0 ? '' : JSON.stringify(Object.fromEntries(pairs))
      const { nodeFieldSelector, phase, message } = flags
      const body = { nodeFieldSelector, phase, message, outputParameters }
      if (await previewed(context, { name, verb: 'set', body, done: 'workflow values set' }, flags)) return
      await put(context, name, 'set', body)
      context.say('workflow values set')
    })
}
