/** Verbs that look: list, get, logs, watch, wait. */
import type { Command } from 'commander'
import type { NodeStatus, Workflow } from '../../resources/index.ts'
import { printLogs, secondsOf, waitForAll, watchTree } from '../follow.ts'
import type { LogFlags } from '../follow.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { objectText } from '../output.ts'
import { listText } from '../view/list-text.ts'
import { tableText } from '../view/table.ts'
import type { TreeForm } from '../view/tree.ts'
import { workflowText } from '../view/workflow-text.ts'
import { getWorkflow, listWorkflows } from '../workflows-api.ts'

export function registerLook(program: Command): void {
  registerList(program)
  registerGet(program)
  program
    .command('logs')
    .description('print what a workflow’s containers wrote')
    .argument('<workflow>')
    .argument('[pod]')
    .option('-c, --container <name>', 'container', 'main')
    .option('-f, --follow', 'stay until the workflow ends')
    .option('-p, --previous', 'accepted; there is no earlier container')
    .option('--since <duration>', 'only what is younger, such as 5m')
    .option('--since-time <time>', 'only what came after')
    .option('--tail <lines>', 'only the last lines of each container')
    .option('--grep <regex>', 'only lines that match')
    .option('-l, --selector <labels>', 'only pods with these labels')
    .option('--timestamps', 'the time before each line')
    .action(async (name: string, pod: string | undefined, flags: LogFlags, command: Command) => {
      await printLogs(contextOf(command), name, pod, flags)
    })
  program
    .command('watch')
    .description('draw a workflow over again until it has ended')
    .argument('<workflow>')
    .action(async (name: string, _flags: object, command: Command) => {
      await watchTree(contextOf(command), name)
    })
  program
    .command('wait')
    .description('wait until workflows have ended; exit code 1 unless all succeeded')
    .argument('[workflows...]')
    .option('--ignore-not-found', 'a name nobody knows is no error')
    .action(async (names: string[], flags: { ignoreNotFound?: boolean }, command: Command) => {
      if (!(await waitForAll(contextOf(command), names, flags.ignoreNotFound === true))) process.exitCode = 1
    })
}

type ListFlags = {
  readonly allNamespaces?: boolean
  readonly status?: string
  readonly running?: boolean
  readonly completed?: boolean
  readonly resubmitted?: boolean
  readonly prefix?: string
  readonly since?: string
  readonly older?: string
  readonly headers: boolean
  readonly selector?: string
  readonly fieldSelector?: string
  readonly refused?: boolean
  readonly output?: string
}

function registerList(program: Command): void {
  addSelection(program.command('list').description('list workflows'))
    .option('-A, --all-namespaces', 'of every namespace')
    .option('--running', 'not completed ones')
    .option('--since <duration>', 'younger ones')
    .option('--no-headers', 'no line of headings')
    .option('--refused', 'files of the watched folders that are refused or wait, instead of workflows')
    .option('--chunk-size <n>', 'accepted')
    .option('-o, --output <form>', 'name, json, yaml or wide')
    .action(async (flags: ListFlags, command: Command) => {
      const context = contextOf(command)
      if (flags.refused === true) return context.say(await refusedText(context, flags))
      const allNamespaces = flags.allNamespaces === true
      const selection = { labels: labelsOf(flags), fields: flags.fieldSelector, allNamespaces }
      const isFull = flags.output !== undefined && flags.output !== 'name'
      const workflows = (await listWorkflows(context, selection, { nodes: isFull })).filter((workflow) =>
        passes(workflow, flags),
      )
      const text = objectText(workflows, flags.output)
      if (text !== null) context.say(text)
      else if (workflows.length === 0) context.say('No workflows found')
      else
        context.say(
          listText(workflows, {
            wide: flags.output === 'wide',
            namespaces: allNamespaces,
            headings: flags.headers,
            nowMs: Date.now(),
          }),
        )
    })
}

type SourceFile = {
  readonly folder: string
  readonly file: string
  readonly state: string
  readonly message?: string
  readonly errors: readonly {
    readonly at?: string
    readonly path?: string
    readonly message: string
    readonly hint?: string
  }[]
}

/** A line for each file and, indented, one for each of its errors. */
async function refusedText({ api }: Context, { output, headers }: ListFlags): Promise<string> {
  const { items } = await api.call<{ items: SourceFile[] }>('GET', '/api/v1/source-files')
  const own = objectText(
    items.map((item) => ({ metadata: { name: `${item.folder}/${item.file}` }, ...item })),
    output,
  )
  if (own !== null) return own
  if (items.length === 0) return 'No refused files found'
  const rows = items.flatMap(({ folder, file, state, message = '', errors }) => {
    const texts = errors.map(({ at, path, message: text, hint }) =>
      [at, path, `${text}${hint === undefined ? '' : ` — ${hint}`}`]
        .filter((part) => part !== undefined && part !== '')
        .join('  '),
    )
    const lines = texts.length === 0 ? [message] : texts
    return lines.map((line, index) => (index === 0 ? [`${folder}/${file}`, state, line] : ['', '', line]))
  })
  return tableText(headers ? [['FILE', 'STATE', 'WHY'], ...rows] : rows)
}

/** Flags that choose workflows, for list and delete alike. */
export const addSelection = (command: Command): Command =>
  command
    .option('--status <phases>', 'of these phases, separated by commas')
    .option('--completed', 'completed ones')
    .option('--resubmitted', 'resubmitted ones')
    .option('--prefix <text>', 'whose name begins so')
    .option('--older <duration>', 'that ended longer ago')
    .option('-l, --selector <labels>', 'label selector')
    .option('--field-selector <fields>', 'field selector')

export function labelsOf(
  flags: Pick<ListFlags, 'status' | 'running' | 'completed' | 'resubmitted' | 'selector'>,
): string | undefined {
  const parts = [
    flags.selector,
    flags.status === undefined ? undefined : `workflows.argoproj.io/phase in (${flags.status})`,
    flags.running === true ? 'workflows.argoproj.io/completed!=true' : undefined,
    flags.completed === true ? 'workflows.argoproj.io/completed=true' : undefined,
    flags.resubmitted === true ? 'workflows.argoproj.io/resubmitted-from-workflow' : undefined,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : parts.join(',')
}

export function passes({ metadata, status }: Workflow, flags: Pick<ListFlags, 'prefix' | 'since' | 'older'>): boolean {
  const ageSeconds = (time: string | null | undefined) => (Date.now() - Date.parse(time ?? '')) / 1000
  if (flags.prefix !== undefined && !(metadata.name ?? '').startsWith(flags.prefix)) return false
  if (flags.since !== undefined && !(ageSeconds(metadata.creationTimestamp) <= secondsOf(flags.since))) return false
  return flags.older === undefined || ageSeconds(status?.finishedAt) >= secondsOf(flags.older)
}

type GetFlags = { readonly output?: string; readonly status?: string; readonly nodeFieldSelector?: string }

function registerGet(program: Command): void {
  program
    .command('get')
    .description('show workflows with their nodes as a tree')
    .argument('<workflows...>')
    .option('-o, --output <form>', 'name, json, yaml, short or wide')
    .option('--status <phases>', 'only nodes of these phases')
    .option('--node-field-selector <fields>', 'only nodes with these fields, such as displayName=a,phase!=Failed')
    .action(async (names: string[], flags: GetFlags, command: Command) => {
      const context = contextOf(command)
      for (const name of names) {
        const workflow = await getWorkflow(context, name)
        const form = (flags.output ?? 'default') as TreeForm
        const text = objectText(workflow, flags.output)
        context.say(
          text ?? workflowText(workflow, { style: context.style, form, nowMs: Date.now(), shows: nodeFilter(flags) }),
        )
      }
    })
}

function nodeFilter({ status, nodeFieldSelector }: GetFlags): ((node: NodeStatus) => boolean) | undefined {
  if (status === undefined && nodeFieldSelector === undefined) return undefined
  const phases = status?.split(',')
  const requirements = (nodeFieldSelector ?? '')
    .split(',')
    .filter(Boolean)
    .map((text) => {
      const [, field = '', operator = '=', value = ''] = /^([^!=]+)(!=|==|=)(.*)$/.exec(text) ?? []
      return { field, isEqual: operator !== '!=', value }
    })
  return (node) =>
    (phases === undefined || phases.includes(node.phase ?? '')) &&
    requirements.every(
      ({ field, isEqual, value }) => (String((node as Record<string, unknown>)[field] ?? '') === value) === isEqual,
    )
}
