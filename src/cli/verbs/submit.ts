/** `drydock submit`: manifests, or `--from` a template or cron workflow. */
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { parse } from 'yaml'
import { formatProblem, parseManifests } from '../../admission/index.ts'
import { UserError } from '../../resources/index.ts'
import type { Workflow } from '../../resources/index.ts'
import { printLogs, waitForAll, watchTree } from '../follow.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { objectText } from '../output.ts'
import { workflowText } from '../view/workflow-text.ts'
import { createWorkflow } from '../workflows-api.ts'

export type SubmitFlags = {
  readonly from?: string
  readonly parameter: readonly string[]
  readonly parameterFile?: string
  readonly name?: string
  readonly generateName?: string
  readonly entrypoint?: string
  readonly serviceaccount?: string
  readonly labels?: string
  readonly priority?: string
  readonly scheduledTime?: string
  readonly dryRun?: boolean
  readonly serverDryRun?: boolean
  readonly strict: string | boolean
  readonly wait?: boolean
  readonly watch?: boolean
  readonly log?: boolean
  readonly output?: string
}

export const collected = (value: string, before: readonly string[]): readonly string[] => [...before, value]

export function registerSubmit(program: Command): void {
  program
    .command('submit')
    .description('start workflows from files, - for the standard input, or --from a template')
    .argument('[files...]', 'manifests')
    .option('--from <kind/name>', 'workflowtemplate/X, clusterworkflowtemplate/X or cronwf/X')
    .option('-p, --parameter <k=v>', 'an argument; may be repeated', collected, [])
    .option('-f, --parameter-file <file>', 'arguments from a YAML map')
    .option('--name <name>', 'name of the workflow')
    .option('--generate-name <prefix>', 'beginning of its name')
    .option('--entrypoint <template>', 'template to begin with')
    .option('--serviceaccount <name>', 'accepted; no effect on Docker')
    .option('-l, --labels <k=v,…>', 'labels')
    .option('--priority <n>', 'priority')
    .option('--scheduled-time <time>', 'of a cron workflow, with --from')
    .option('--dry-run', 'print what would be sent')
    .option('--server-dry-run', 'print what would be stored')
    .option('--strict [bool]', 'unknown fields are errors', 'true')
    .option('-w, --wait', 'wait for the end')
    .option('--watch', 'watch until the end')
    .option('--log', 'follow the log')
    .option('-o, --output <form>', 'name, json, yaml or wide')
    .action(async (files: string[], flags: SubmitFlags, command: Command) => {
      const context = contextOf(command)
      const started =
        flags.from === undefined
          ? await submitFiles(context, files, flags)
          : [await submitFrom(context, flags.from, flags)]
      await afterwards(context, started, flags)
    })
}

async function submitFiles(context: Context, files: readonly string[], flags: SubmitFlags): Promise<Workflow[]> {
  if (files.length === 0) throw new UserError('NOTHING_NAMED', 'name a file to submit, or use --from')
  const workflows = (await Promise.all(files.map((file) => workflowsIn(file, flags)))).flat()
  const parameters = await parametersOf(flags)
  const started: Workflow[] = []
  for (const workflow of workflows) {
    const changed = withFlags(workflow, parameters, flags)
    const namespace = changed.metadata.namespace ?? context.namespace
    if (flags.dryRun === true) started.push(changed)
    else started.push(await createWorkflow(context.api, namespace, changed, flags.serverDryRun === true))
  }
  return started
}

async function workflowsIn(file: string, flags: SubmitFlags): Promise<Workflow[]> {
  const text = await textOf(file)
  const { documents, problems } = parseManifests(text, { file, strict: String(flags.strict) !== 'false' })
  if (problems.length > 0) throw new UserError('INVALID_MANIFEST', problems.map(formatProblem).join('\n'))
  const workflows = documents.flatMap(({ manifest }) => (manifest?.kind === 'Workflow' ? [manifest.resource] : []))
  if (workflows.length === 0)
    throw new UserError('NO_WORKFLOW', `no Workflow found in ${file}`, {
      hint: 'templates: drydock template create FILE',
    })
  return workflows
}

export async function textOf(file: string): Promise<string> {
  if (/^https?:\/\//.test(file)) return (await fetch(file)).text()
  return readFile(file === '-' ? '/dev/stdin' : file, 'utf8')
}

async function parametersOf({ parameter, parameterFile }: SubmitFlags): Promise<ReadonlyMap<string, string>> {
  const map = new Map<string, string>()
  if (parameterFile !== undefined) {
    const values = parse(await textOf(parameterFile)) as Record<string, unknown>
    for (const [name, value] of Object.entries(values))
      map.set(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  for (const pair of parameter) {
    const cut = pair.indexOf('=')
    if (cut < 0) throw new UserError('BAD_PARAMETER', `expected parameter of the form: NAME=VALUE. Received: ${pair}`)
    map.set(pair.slice(0, cut), pair.slice(cut + 1))
  }
  return map
}

/** Given parameters come first, then the manifest's others. */
export function withFlags(
  workflow: Workflow,
  parameters: ReadonlyMap<string, string>,
  flags: Partial<SubmitFlags>,
): Workflow {
  const { metadata, spec } = workflow
  const others = (spec.arguments?.parameters ?? []).filter(({ name }) => !parameters.has(name))
  const given = [...parameters].map(([name, value]) => ({ name, value }))
  const labels = Object.fromEntries(
    (flags.labels ?? '')
      .split(',')
      .filter(Boolean)
      .map((pair) => pair.split('=', 2) as [string, string]),
  )
  return {
    ...workflow,
    metadata: {
      ...metadata,
      ...(flags.name === undefined ? {} : { name: flags.name }),
      ...(flags.generateName === undefined ? {} : { generateName: flags.generateName }),
      ...(flags.labels === undefined ? {} : { labels: { ...metadata.labels, ...labels } }),
    },
    spec: {
      ...spec,
      ...(given.length === 0 ? {} : { arguments: { ...spec.arguments, parameters: [...given, ...others] } }),
      ...(flags.entrypoint === undefined ? {} : { entrypoint: flags.entrypoint }),
      ...(flags.serviceaccount === undefined ? {} : { serviceAccountName: flags.serviceaccount }),
      ...(flags.priority === undefined ? {} : { priority: Number(flags.priority) }),
    },
  }
}

async function submitFrom(context: Context, from: string, flags: SubmitFlags): Promise<Workflow> {
  const [resourceKind, resourceName] = from.split('/', 2)
  if (!resourceKind || !resourceName)
    throw new UserError('BAD_FROM', `--from must be in the form kind/name, got ${from}`)
  const parameters = [...(await parametersOf(flags))].map(([name, value]) => `${name}=${value}`)
  const submitOptions = {
    name: flags.name,
    generateName: flags.generateName,
    entryPoint: flags.entrypoint,
    serviceAccount: flags.serviceaccount,
    labels: flags.labels,
    parameters,
    priority: flags.priority === undefined ? undefined : Number(flags.priority),
    annotations:
      flags.scheduledTime === undefined ? undefined : `workflows.argoproj.io/scheduled-time=${flags.scheduledTime}`,
    dryRun: flags.dryRun,
    serverDryRun: flags.serverDryRun,
  }
  const body = { namespace: context.namespace, resourceKind, resourceName, submitOptions }
  return context.api.call('POST', `/api/v1/workflows/${context.namespace}/submit`, body)
}

export type AfterFlags = Pick<SubmitFlags, 'output' | 'wait' | 'watch' | 'log' | 'dryRun' | 'serverDryRun'>

/** Prints what was started and stays with it as the flags say; sets the exit code. */
export async function afterwards(context: Context, started: readonly Workflow[], flags: AfterFlags): Promise<void> {
  const stays = flags.wait === true || flags.watch === true || flags.log === true
  for (const workflow of started) {
    const text =
      objectText(workflow, flags.output) ?? workflowText(workflow, { style: context.style, nowMs: Date.now() })
    if (!stays || flags.output !== undefined || flags.wait === true) context.say(text)
  }
  if (flags.dryRun === true || flags.serverDryRun === true) return
  const names = started.map(({ metadata }) => metadata.name ?? '')
  const only = names[0] ?? ''
  const own = { ...context, namespace: started[0]?.metadata.namespace ?? context.namespace }
  if (flags.log === true) await printLogs(own, only, undefined, { follow: true })
  if (flags.watch === true) await watchTree(own, only)
  if (flags.wait === true && !(await waitForAll(own, names, false))) process.exitCode = 1
}
