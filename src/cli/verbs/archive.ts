/** `drydock archive`: finished workflows, by UID or by name. */
import type { Command } from 'commander'
import { UserError } from '../../resources/index.ts'
import type { Workflow } from '../../resources/index.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { objectText } from '../output.ts'
import { listText } from '../view/list-text.ts'
import { workflowText } from '../view/workflow-text.ts'
import { afterwards, collected } from './submit.ts'
import type { AfterFlags } from './submit.ts'

const path = '/api/v1/archived-workflows'
const uidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

type Named = { readonly name?: boolean; readonly uid?: boolean; readonly output?: string }
type AgainFlags = Named &
  AfterFlags & {
    readonly restartSuccessful?: boolean
    readonly nodeFieldSelector?: string
    readonly memoized?: boolean
    readonly parameter: readonly string[]
  }

export function registerArchive(program: Command): void {
  const archive = program.command('archive').description('finished workflows')
  registerList(archive)
  named(archive.command('get').description('show finished workflows'))
    .option('-o, --output <form>', 'json, yaml or wide')
    .action(async (words: string[], flags: Named, command: Command) => {
      const context = contextOf(command)
      for (const word of words) {
        const workflow = await context.api.call<Workflow>('GET', `${path}/${await uidOf(context, word, flags)}`)
        const text =
          objectText(workflow, flags.output) ?? workflowText(workflow, { style: context.style, nowMs: Date.now() })
        context.say(text)
      }
    })
  named(archive.command('delete').description('delete finished workflows, with their logs and artifacts')).action(
    async (words: string[], flags: Named, command: Command) => {
      const context = contextOf(command)
      for (const word of words) {
        await context.api.call('DELETE', `${path}/${await uidOf(context, word, flags)}`)
        context.say(`Archived workflow '${word}' deleted`)
      }
    },
  )
  registerAgain(archive)
  registerLabels(archive)
}

const named = (command: Command): Command =>
  command
    .argument('<workflows...>', 'UIDs or names')
    .option('--name', 'they are names')
    .option('--uid', 'they are UIDs')

/** @throws UserError where nobody, or more than one, has the name */
async function uidOf({ api, namespace }: Context, word: string, flags: Named): Promise<string> {
  if (flags.uid === true || (flags.name !== true && uidForm.test(word))) return encodeURIComponent(word)
  const query = new URLSearchParams({ namespace, namePrefix: word, nameFilter: 'Exact' })
  const { items } = await api.call<{ items: Workflow[] | null }>('GET', `${path}?${query}`)
  const [found, another] = items ?? []
  if (found === undefined) throw new UserError('NOT_ARCHIVED', `no finished workflow is named ${word}`)
  if (another !== undefined)
    throw new UserError('AMBIGUOUS', `several finished workflows are named ${word}`, { hint: 'name one by its UID' })
  return found.metadata.uid ?? ''
}

type ListFlags = { readonly selector?: string; readonly output?: string; readonly allNamespaces?: boolean }

function registerList(archive: Command): void {
  archive
    .command('list')
    .description('list finished workflows')
    .option('-A, --all-namespaces', 'of every namespace')
    .option('-l, --selector <labels>', 'label selector')
    .option('--chunk-size <n>', 'accepted')
    .option('-o, --output <form>', 'name, json, yaml or wide')
    .action(async (flags: ListFlags, command: Command) => {
      const context = contextOf(command)
      const found = await archived(context, flags)
      const text = objectText(found, flags.output)
      if (text !== null) context.say(text)
      else if (found.length === 0) context.say('No workflows found')
      else
        context.say(
          listText(found, {
            wide: flags.output === 'wide',
            namespaces: true,
            uids: true,
            headings: true,
            nowMs: Date.now(),
          }),
        )
    })
}

async function archived({ api, namespace }: Context, flags: ListFlags): Promise<Workflow[]> {
  const found: Workflow[] = []
  for (let next = ''; ;) {
    const query = new URLSearchParams({ 'listOptions.limit': '500' })
    if (flags.allNamespaces !== true) query.set('namespace', namespace)
    if (flags.selector !== undefined) query.set('listOptions.labelSelector', flags.selector)
    if (next !== '') query.set('listOptions.continue', next)
    const page = await api.call<{ items: Workflow[] | null; metadata?: { continue?: string } }>(
      'GET',
      `${path}?${query}`,
    )
    found.push(...(page.items ?? []))
    next = page.metadata?.continue ?? ''
    if (next === '') return found
  }
}

function registerAgain(archive: Command): void {
  for (const verb of ['retry', 'resubmit'] as const) {
    const command = named(archive.command(verb).description(`${verb} finished workflows`))
      .option('-p, --parameter <k=v>', 'another argument; may be repeated', collected, [])
      .option('-w, --wait', 'wait for the end')
      .option('--watch', 'watch until the end')
      .option('--log', 'follow the log')
      .option('-o, --output <form>', 'name, json, yaml or wide')
    if (verb === 'retry')
      command
        .option('--restart-successful', 'also nodes that succeeded')
        .option('--node-field-selector <fields>', 'which of them')
    else command.option('--memoized', 'keep what succeeded')
    command.action(async (words: string[], flags: AgainFlags, self: Command) => {
      const context = contextOf(self)
      const { restartSuccessful, nodeFieldSelector, memoized, parameter: parameters } = flags
      const options = verb === 'retry' ? { restartSuccessful, nodeFieldSelector, parameters } : { memoized, parameters }
      const started: Workflow[] = []
      for (const word of words) {
        const uid = await uidOf(context, word, flags)
        const body = { uid, namespace: context.namespace, ...options }
        started.push(await context.api.call<Workflow>('PUT', `${path}/${uid}/${verb}`, body))
      }
      await afterwards(context, started, flags)
    })
  }
}

function registerLabels(archive: Command): void {
  const lines = ({ items }: { readonly items: readonly string[] | null }) =>
    (items ?? []).map((item) => `${item}\n`).join('')
  archive
    .command('list-label-keys')
    .description('the labels that finished workflows have')
    .action(async (_flags: object, command: Command) => {
      const context = contextOf(command)
      context.say(lines(await context.api.call('GET', '/api/v1/archived-workflows-label-keys')))
    })
  archive
    .command('list-label-values')
    .description('the values that finished workflows have of a label')
    .requiredOption('-l, --selector <key>', 'the label')
    .action(async ({ selector }: { selector: string }, command: Command) => {
      const context = contextOf(command)
      const query = new URLSearchParams({ 'listOptions.labelSelector': selector })
      context.say(lines(await context.api.call('GET', `/api/v1/archived-workflows-label-values?${query}`)))
    })
}
