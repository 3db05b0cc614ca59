/** Groups of verbs about what is stored: `template`, `cluster-template`, `cron`. */
import type { Command } from 'commander'
import { formatProblem, parseManifests } from '../../admission/index.ts'
import { UserError } from '../../resources/index.ts'
import type { CronWorkflow, ObjectMeta } from '../../resources/index.ts'
import { ApiRefusal } from '../client.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { objectText } from '../output.ts'
import { cronListText, cronText } from '../view/cron-text.ts'
import { longDuration } from '../view/duration-text.ts'
import { tableText } from '../view/table.ts'
import type { TemplateRevision } from '../../controller/port.ts'
import { registerBackfill } from './backfill.ts'
import { textOf } from './submit.ts'

type Stored = { readonly metadata?: ObjectMeta; readonly spec?: unknown }
type Group = {
  readonly command: string
  readonly kind: 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow'
  readonly collection: string
  /** Member of the request's body. */
  readonly member: string
  readonly hasNamespace: boolean
}
const groups: readonly Group[] = [
  {
    command: 'template',
    kind: 'WorkflowTemplate',
    collection: 'workflow-templates',
    member: 'template',
    hasNamespace: true,
  },
  {
    command: 'cluster-template',
    kind: 'ClusterWorkflowTemplate',
    collection: 'cluster-workflow-templates',
    member: 'template',
    hasNamespace: false,
  },
  { command: 'cron', kind: 'CronWorkflow', collection: 'cron-workflows', member: 'cronWorkflow', hasNamespace: true },
]

export function registerStored(program: Command): void {
  for (const group of groups) {
    const parent = program.command(group.command).description(`manage ${group.kind}s`)
    registerWriting(parent, group)
    registerReading(parent, group)
    if (group.kind === 'CronWorkflow') registerCron(parent, group)
    else registerRevisions(parent, group)
  }
}

/** Drydock's own. */
function registerRevisions(parent: Command, group: Group): void {
  parent
    .command('revisions')
    .description('contents that a template has had, or one of them')
    .argument('<name>')
    .argument('[revision]', 'show the template as it was')
    .option('-o, --output <form>', 'json or yaml')
    .action(async (name: string, revision: string | undefined, flags: { output?: string }, command: Command) => {
      const context = contextOf(command)
      const path = `${pathOf(group, context.namespace, name)}/revisions`
      if (revision !== undefined) {
        const found = await context.api.call<Stored>('GET', `${path}/${encodeURIComponent(revision)}`)
        return context.say(objectText(found, flags.output ?? 'yaml') ?? '')
      }
      const { items } = await context.api.call<{ items: readonly TemplateRevision[] }>('GET', path)
      const rows = items.map(({ revision: number, hash, createdAt, current, usedBy }) => [
        ...[String(number), hash, createdAt, current ? 'yes' : '', String(usedBy)],
      ])
      context.say(
        objectText(items as readonly Stored[], flags.output) ??
          tableText([['REVISION', 'HASH', 'CREATED', 'CURRENT', 'USED BY'], ...rows]),
      )
    })
}

const pathOf = ({ collection, hasNamespace }: Group, namespace: string, name?: string): string =>
  [
    '/api/v1',
    collection,
    ...(hasNamespace ? [namespace] : []),
    ...(name === undefined ? [] : [encodeURIComponent(name)]),
  ].join('/')

function registerWriting(parent: Command, group: Group): void {
  for (const verb of ['create', 'update', 'lint'] as const) {
    parent
      .command(verb)
      .description(`${verb} from files`)
      .argument('<files...>')
      .option('--strict [bool]', 'unknown fields are errors', 'true')
      .option('-o, --output <form>', 'name, json or yaml')
      .action(async (files: string[], flags: { strict: string | boolean; output?: string }, command: Command) => {
        const context = contextOf(command)
        for (const file of files)
          for (const object of await objectsIn(file, group, String(flags.strict) !== 'false')) {
            const stored = await write(context, group, verb, object)
            context.say(objectText(stored, flags.output) ?? (verb === 'lint' ? `${file} is valid` : summaryOf(stored)))
          }
      })
  }
}

async function objectsIn(file: string, { kind }: Group, strict: boolean): Promise<Stored[]> {
  const { documents, problems } = parseManifests(await textOf(file), { file, strict })
  if (problems.length > 0) throw new UserError('INVALID_MANIFEST', problems.map(formatProblem).join('\n'))
  const found = documents.flatMap(({ manifest }) => (manifest?.kind === kind ? [manifest.resource as Stored] : []))
  if (found.length === 0) throw new UserError('NOTHING_FOUND', `no ${kind} found in ${file}`)
  return found
}

async function write(
  context: Context,
  group: Group,
  verb: 'create' | 'update' | 'lint',
  object: Stored,
): Promise<Stored> {
  const namespace = object.metadata?.namespace ?? context.namespace
  const body = (value: Stored) => ({ namespace, [group.member]: value })
  if (verb === 'create') return context.api.call('POST', pathOf(group, namespace), body(object))
  if (verb === 'lint') return context.api.call('POST', `${pathOf(group, namespace)}/lint`, body(object))
  const path = pathOf(group, namespace, object.metadata?.name ?? '')
  const present = await context.api.call<Stored>('GET', path)
  const resourceVersion = present.metadata?.resourceVersion
  return context.api.call('PUT', path, body({ ...object, metadata: { ...object.metadata, resourceVersion } }))
}

function summaryOf({ metadata = {} }: Stored): string {
  const created = metadata.creationTimestamp
    ? `${longDuration(Date.now() - Date.parse(metadata.creationTimestamp))} ago`
    : ''
  const lines = [
    ['Name', metadata.name],
    ['Namespace', metadata.namespace],
    ['Created', created],
  ]
  return lines.map(([label = '', value]) => `${`${label}:`.padEnd(20)} ${value ?? ''}\n`).join('')
}

function registerReading(parent: Command, group: Group): void {
  parent
    .command('get')
    .description('show')
    .argument('<names...>')
    .option('-o, --output <form>', 'name, json or yaml')
    .action(async (names: string[], flags: { output?: string }, command: Command) => {
      const context = contextOf(command)
      for (const name of names) {
        const object = await context.api.call<Stored>('GET', pathOf(group, context.namespace, name))
        const own = group.kind === 'CronWorkflow' ? cronText(object as CronWorkflow, Date.now()) : summaryOf(object)
        context.say(objectText(object, flags.output) ?? own)
      }
    })
  parent
    .command('list')
    .description('list')
    .option('-A, --all-namespaces', 'of every namespace')
    .option('-l, --selector <labels>', 'label selector')
    .option('-o, --output <form>', 'name, json, yaml or wide')
    .action(async (flags: { allNamespaces?: boolean; selector?: string; output?: string }, command: Command) => {
      const context = contextOf(command)
      const all = flags.allNamespaces === true
      const query =
        flags.selector === undefined ? '' : `?${new URLSearchParams({ 'listOptions.labelSelector': flags.selector })}`
      const { items } = await context.api.call<{ items: Stored[] | null }>(
        'GET',
        `${pathOf(group, all ? '' : context.namespace)}${query}`,
      )
      const objects = items ?? []
      context.say(
        objectText(objects, flags.output) ??
          (group.kind === 'CronWorkflow'
            ? cronListText(objects as CronWorkflow[], Date.now(), all)
            : namesText(objects, all)),
      )
    })
  parent
    .command('delete')
    .description('delete')
    .argument('[names...]')
    .option('--all', 'all of them')
    .action(async (given: string[], flags: { all?: boolean }, command: Command) => {
      const context = contextOf(command)
      const list = async () =>
        (await context.api.call<{ items: Stored[] | null }>('GET', pathOf(group, context.namespace))).items ?? []
      const names = flags.all === true ? (await list()).map(({ metadata }) => metadata?.name ?? '') : given
      for (const name of names) {
        const isFound = await context.api.call('DELETE', pathOf(group, context.namespace, name)).then(
          () => true,
          (error: unknown) => {
            if (error instanceof ApiRefusal && error.status === 404) return false
            throw error
          },
        )
        context.say(`${group.kind} '${name}' ${isFound ? 'deleted' : 'not found'}`)
      }
    })
}

function namesText(objects: readonly Stored[], namespaces: boolean): string {
  const rows = objects.map(({ metadata }) => [...(namespaces ? [metadata?.namespace ?? ''] : []), metadata?.name ?? ''])
  return tableText([[...(namespaces ? ['NAMESPACE'] : []), 'NAME'], ...rows])
}

function registerCron(parent: Command, group: Group): void {
  registerBackfill(parent)
  for (const [verb, done] of [
    ['suspend', 'suspended'],
    ['resume', 'resumed'],
  ] as const) {
    parent
      .command(verb)
      .description(verb)
      .argument('<names...>')
      .action(async (names: string[], _flags: object, command: Command) => {
        const context = contextOf(command)
        for (const name of names) {
          await context.api.call('PUT', `${pathOf(group, context.namespace, name)}/${verb}`, {})
          context.say(`CronWorkflow '${name}' ${done}`)
        }
      })
  }
}
