/** `drydock apply` and `drydock patch`: bring what is there to what a manifest or a patch says. */
import type { Command } from 'commander'
import { parse } from 'yaml'
import { formatProblem, parseManifests } from '../../admission/index.ts'
import { UserError } from '../../resources/index.ts'
import type { ObjectMeta, Workflow } from '../../resources/index.ts'
import { ApiRefusal } from '../client.ts'
import { contextOf } from '../globals.ts'
import type { Context } from '../globals.ts'
import { objectText } from '../output.ts'
import { createWorkflow, workflowPath } from '../workflows-api.ts'
import { textOf } from './submit.ts'

type Thing = { readonly metadata?: ObjectMeta | undefined }
type Place = { readonly collection: string; readonly member: string | null }

export function registerApply(program: Command): void {
  program
    .command('apply')
    .description('create what files hold, or change what is there as far as it may change')
    .argument('<files...>', 'manifests, - for the standard input')
    .option('--strict [bool]', 'unknown fields are errors', 'true')
    .action(async (files: string[], flags: { strict: string | boolean }, command: Command) => {
      const context = contextOf(command)
      for (const file of files) {
        const options = { file, strict: String(flags.strict) !== 'false' }
        const { documents, problems } = parseManifests(await textOf(file), options)
        if (problems.length > 0) throw new UserError('INVALID_MANIFEST', problems.map(formatProblem).join('\n'))
        for (const { manifest } of documents)
          if (manifest) context.say(await applied(context, manifest.kind, manifest.resource))
      }
    })
  program
    .command('patch')
    .description('change labels, annotations, suspend, shutdown, parallelism, priority or activeDeadlineSeconds')
    .argument('<workflow>')
    .requiredOption('-p, --patch <patch>', 'a merge patch, or a list of operations of a JSON patch; JSON or YAML')
    .option('-o, --output <form>', 'name, json or yaml')
    .action(async (name: string, flags: { patch: string; output?: string }, command: Command) => {
      const context = contextOf(command)
      const patch: unknown = parse(flags.patch)
      if (typeof patch !== 'object' || patch === null)
        throw new UserError('BAD_PATCH', 'a patch is an object or a list of operations')
      const changed = await context.api.call<Workflow>('PATCH', workflowPath(context.namespace, name), patch)
      context.say(objectText(changed, flags.output) ?? `workflow ${name} patched`)
    })
}

async function applied(context: Context, kind: string, object: Thing): Promise<string> {
  const { name = '', namespace = context.namespace } = object.metadata ?? {}
  if (kind !== 'Workflow') return applyStored(context, kind, { name, namespace, object })
  if (name !== '') {
    const { metadata: { labels, annotations } = {}, spec } = object as Workflow
    try {
      await context.api.call('PATCH', workflowPath(namespace, name), { metadata: { labels, annotations }, spec })
      return `workflow ${name} configured`
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.status !== 404) throw error
    }
  }
  const created = await createWorkflow(context.api, namespace, object, false)
  return `workflow ${created.metadata.name ?? ''} created`
}

function placeOf(kind: string, namespace: string): Place {
  switch (kind) {
    case 'WorkflowTemplate':
      return { collection: `/api/v1/workflow-templates/${namespace}`, member: 'template' }
    case 'ClusterWorkflowTemplate':
      return { collection: '/api/v1/cluster-workflow-templates', member: 'template' }
    case 'CronWorkflow':
      return { collection: `/api/v1/cron-workflows/${namespace}`, member: 'cronWorkflow' }
    case 'ConfigMap':
      return { collection: `/api/v1/namespaces/${namespace}/configmaps`, member: null }
    default:
      throw new UserError('CANNOT_APPLY', `a ${kind} cannot be applied over the API`, {
        hint: 'put its file into a folder that the daemon watches',
      })
  }
}

async function applyStored(
  { api }: Context,
  kind: string,
  { name, namespace, object }: { readonly name: string; readonly namespace: string; readonly object: Thing },
): Promise<string> {
  const { collection, member } = placeOf(kind, namespace)
  const body = (value: Thing) => (member === null ? value : { namespace, [member]: value })
  const path = `${collection}/${encodeURIComponent(name)}`
  try {
    // A cache keeps the entries that its file does not name.
    if (member === null) await api.call('PATCH', path, object)
    else {
      const present = await api.call<Thing>('GET', path)
      const metadata = { ...object.metadata, resourceVersion: present.metadata?.resourceVersion }
      await api.call('PUT', path, body({ ...object, metadata }))
    }
    return `${kind} '${name}' configured`
  } catch (error) {
    if (!(error instanceof ApiRefusal) || error.status !== 404) throw error
    await api.call('POST', collection, body(object))
    return `${kind} '${name}' created`
  }
}
