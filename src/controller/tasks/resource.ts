/** The resource template: kubectl's actions on the kinds that this controller holds (semantics-templates.md §4.4). */
import { parse as parseYaml } from 'yaml'
import type { TaskResult } from '../../engine/index.ts'
import { matchesLabelSelector, parseLabelSelector, runJq, kubernetesJsonPath } from '../../expressions/index.ts'
import type { Clock, Outputs, Parameter, ResourceTemplate, Template } from '../../resources/index.ts'
import type { Controller } from '../port.ts'
import { ApiError } from '../port.ts'
import { pluralOf } from '../refusals.ts'
import { jsonPatch, mergePatch } from './patch.ts'
import { judgeResource } from './resource-condition.ts'
import type { Held, HeldKind, Target } from './resource-target.ts'
import { read, targetOf, targetOfFlags, whileCreating } from './resource-target.ts'
import type { Workflow } from '../../resources/index.ts'

export type ResourceOwner = { readonly namespace: string; readonly name: string; readonly uid: string }

export type ResourceJob = {
  readonly resource: ResourceTemplate
  readonly template: Template
  readonly manifest: string | null
  readonly owner: ResourceOwner
}

const pollMs = 5_000
const failedExitCode = '64'

export async function runResource(
  job: ResourceJob,
  parts: { readonly api: Controller; readonly clock: Clock },
  signal: AbortSignal,
): Promise<TaskResult> {
  try {
    const { action, successCondition, failureCondition } = job.resource
    if (action === 'delete' && (successCondition || failureCondition || job.template.outputs?.parameters?.length))
      return failed('successCondition, failureCondition and outputs are not supported for delete action')
    const object = await actWithRetries(job, parts, signal).catch((error: unknown) => {
      signal.throwIfAborted()
      throw new Error(`no more retries ${textOf(error)}`)
    })
    let current = object
    for (;;) {
      if (current === null) break
      const verdict = judgeResource(current, { success: successCondition, failure: failureCondition })
      if (verdict.kind === 'failed') return failed(verdict.message)
      if (verdict.kind === 'met') break
      const before = current
      current = await nextPicture(before, parts, signal)
      if (current === null) return failed(`${deletedText}${notThere(before).message}`)
    }
    return { phase: 'Succeeded', outputs: outputsOf(job.template, current) }
  } catch (error) {
    signal.throwIfAborted()
    return failed(textOf(error))
  }
}

const deletedText = 'The resource has been deleted while its status was still being checked. Will not be retried: '

const failed = (text: string): TaskResult => ({
  phase: 'Failed',
  message: `main: Error (exit code ${failedExitCode}): ${text}`,
  outputs: { exitCode: failedExitCode },
  // the executor prints its error twice, and the program around it how it ended
  log: [...`Error: ${text}`.split('\n'), ...text.split('\n'), `Error: exit status ${failedExitCode}`],
})

const textOf = (error: unknown): string =>
  error instanceof ApiError ? serverText(error) : error instanceof Error ? error.message : String(error)

/** The words of kubectl. */
function serverText(error: ApiError): string {
  const reasons: Partial<Record<ApiError['code'], string>> = {
    NOT_FOUND: 'NotFound',
    ALREADY_EXISTS: 'AlreadyExists',
    INVALID_ARGUMENT: 'BadRequest',
  }
  return `Error from server (${reasons[error.code] ?? 'InternalError'}): ${error.message}`
}

/** kubectl is called again a few times whatever it said, as Argo's executor does. */
async function actWithRetries(
  job: ResourceJob,
  { api, clock }: { readonly api: Controller; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Held | null> {
  for (const pauseMs of [10, 50, 250]) {
    try {
      return await act(job, api)
    } catch {
      await clock.sleep(pauseMs, signal)
    }
  }
  return act(job, api)
}

/** Does the action; `null`: it gives no object. */
async function act(job: ResourceJob, api: Controller): Promise<Held | null> {
  const { action, flags = [] } = job.resource
  if (!job.manifest && flags.length === 0) throw new Error('Must provide at least one of flags or manifest.')
  if (action === 'patch') return patchHeld(job, api)
  const isWritten = action === 'create' || action === 'apply' || action === 'replace'
  const fromManifest = job.manifest ? read(job.manifest, isWritten) : null
  const target =
    fromManifest === null ? targetOfFlags(flags, job.owner.namespace) : targetOf(fromManifest, job.owner.namespace)
  switch (action) {
    case 'get':
      return getHeld(api, target)
    case 'delete':
      for (const object of target.selector === null ? [target] : await select(api, target))
        await removeHeld(api, object)
      return null
    case 'create':
    case 'apply':
    case 'replace': {
      if (fromManifest === null) throw new Error(`must specify -f to ${action}`)
      const object = owned(fromManifest.resource, job, target.namespace)
      const existing = target.name === '' ? null : await find(api, target)
      if (existing !== null && action !== 'create')
        return writeHeld(api, target, action === 'apply' ? (mergePatch(existing, object) as Held) : object)
      if (existing === null && action === 'replace') throw notThere(target)
      return createHeld(api, target, object).catch((error: unknown) => {
        throw error instanceof ApiError ? new ApiError(error.code, `${whileCreating}${error.message}`) : error
      })
    }
    default:
      throw new Error(`unknown action ${String(action)}`)
  }
}

async function patchHeld(job: ResourceJob, api: Controller): Promise<Held> {
  const { flags = [], mergeStrategy } = job.resource
  const patch: unknown = parseYaml(job.manifest ?? '')
  const hasKind = typeof patch === 'object' && patch !== null && 'kind' in patch
  const target =
    hasKind && mergeStrategy !== 'json'
      ? targetOf(read(job.manifest ?? '', false), job.owner.namespace)
      : targetOfFlags(flags, job.owner.namespace)
  const existing = await getHeld(api, target)
  return writeHeld(
    api,
    target,
    (mergeStrategy === 'json' ? jsonPatch(existing, patch) : mergePatch(existing, patch)) as Held,
  )
}

function owned(object: Held, job: ResourceJob, namespace: string): Held {
  const metadata = { ...object.metadata, namespace }
  if (job.resource.setOwnerReference !== true) return { ...object, metadata }
  const { name, uid } = job.owner
  const kind = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', controller: true, blockOwnerDeletion: true }
  const reference = { ...kind, name, uid }
  return {
    ...object,
    metadata: { ...metadata, ownerReferences: [...(metadata.ownerReferences ?? []), reference] },
  }
}

const notThere = (what: Target | Held): ApiError => {
  const name = 'metadata' in what ? (what.metadata?.name ?? '') : 'name' in what ? what.name : ''
  return new ApiError('NOT_FOUND', `${pluralOf(what.kind ?? '')} "${String(name)}" not found`)
}

async function find(api: Controller, { kind, namespace, name }: Target): Promise<Held | null> {
  return kind === 'Workflow' ? api.workflow(namespace, name, { nodes: true }) : api.object(kind, namespace, name)
}

async function getHeld(api: Controller, target: Target): Promise<Held> {
  const found = await find(api, target)
  if (found === null) throw notThere(target)
  return withKind(found, target.kind)
}

const withKind = (object: Held, kind: HeldKind): Held => ({ ...object, kind: object.kind ?? kind })

async function select(api: Controller, { kind, namespace, selector }: Target): Promise<Target[]> {
  if (kind === 'Workflow') {
    const { items } = await api.listWorkflows({ namespace, labelSelector: selector ?? '' })
    return items.map((item) => ({ kind, namespace, name: item.metadata?.name ?? '', selector: null }))
  }
  const parsed = parseLabelSelector(selector ?? '')
  if (!parsed.ok) throw new Error(parsed.error)
  return api
    .objects(kind, namespace)
    .filter((object) => matchesLabelSelector(parsed.value, object.metadata?.labels ?? {}))
    .map((object) => ({ kind, namespace, name: object.metadata?.name ?? '', selector: null }))
}

/** Like `--ignore-not-found`. */
async function removeHeld(api: Controller, { kind, namespace, name }: Target): Promise<void> {
  try {
    if (kind === 'Workflow') await api.deleteWorkflow(namespace, name)
    else await api.deleteObject(kind, namespace, name)
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'NOT_FOUND')) throw error
  }
}

async function createHeld(api: Controller, target: Target, object: Held): Promise<Held> {
  if (target.kind === 'Workflow')
    return withKind(await api.createWorkflow(target.namespace, object as Workflow), 'Workflow')
  return api.createObject(target.kind, target.namespace, object)
}

async function writeHeld(api: Controller, target: Target, object: Held): Promise<Held> {
  if (target.kind !== 'Workflow') {
    const { resourceVersion: _old, ...metadata } = object.metadata ?? {}
    const fresh = { ...object, metadata }
    return api.updateObject(target.kind, target.namespace, target.name, fresh, { upsert: true })
  }
  // What has ended stays as it is, as under kubectl: a new spec changes nothing of it.
  const existing = await api.workflow(target.namespace, target.name, { nodes: true })
  if (existing?.status?.finishedAt) return withKind(existing, 'Workflow')
  const { suspend, shutdown, parallelism, priority, activeDeadlineSeconds } = (object as Workflow).spec
  const edited = await api.operate(target.namespace, target.name, {
    kind: 'edit',
    suspend: suspend ?? null,
    ...(shutdown ? { shutdown: shutdown as 'Stop' | 'Terminate' } : {}),
    parallelism: parallelism ?? null,
    priority: priority ?? null,
    activeDeadlineSeconds: activeDeadlineSeconds ?? null,
  })
  return withKind(edited, 'Workflow')
}

/** The object as it is after its next change, or after a while. */
async function nextPicture(
  object: Held,
  { api, clock }: { readonly api: Controller; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Held | null> {
  const { namespace = '', name = '' } = object.metadata ?? {}
  const kind = (object.kind ?? 'Workflow') as HeldKind
  const changed = Promise.withResolvers<void>()
  const pausing = new AbortController()
  const watching = api.watch(null, (event) => {
    if (event.kind === kind && event.name === name && event.namespace === namespace) changed.resolve()
  })
  try {
    const target = { kind, namespace, name, selector: null }
    const now = await find(api, target)
    if (now === null || now.metadata?.resourceVersion !== object.metadata?.resourceVersion)
      return now && withKind(now, kind)
    await Promise.race([changed.promise, clock.sleep(pollMs, AbortSignal.any([signal, pausing.signal]))])
    const after = await find(api, target)
    return after && withKind(after, kind)
  } finally {
    watching.close()
    pausing.abort()
  }
}

function outputsOf(template: Template, object: Held | null): Outputs {
  const parameters = (template.outputs?.parameters ?? []).flatMap((declared): Parameter[] => {
    const { jsonPath, jqFilter } = declared.valueFrom ?? {}
    if (!jsonPath && !jqFilter) return []
    if (object === null) return [{ ...declared, value: declared.valueFrom?.default ?? '' }]
    const found = jsonPath ? kubernetesJsonPath(object, jsonPath) : runJq(jqFilter ?? '', object)
    if (!found.ok) throw new Error(found.error)
    return [{ ...declared, value: found.value }]
  })
  return { exitCode: '0', ...(parameters.length === 0 ? {} : { parameters }) }
}
