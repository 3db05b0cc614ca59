/** Templates, cron workflows, bindings, ConfigMaps, Secrets and claims, as clients and sources write them. */
import {
  validateClusterWorkflowTemplate,
  validateCronWorkflow,
  validateEventBinding,
  validateWorkflowTemplate,
} from '../../admission/index.ts'
import type { Problem, ValidateOptions } from '../../admission/index.ts'
import type {
  ClusterWorkflowTemplate,
  CronWorkflow,
  PersistentVolumeClaim,
  Secret,
  WorkflowEventBinding,
  WorkflowTemplate,
} from '../../resources/index.ts'
import { rfc3339 } from '../../resources/index.ts'
import type { Core } from '../core.ts'
import { generatedName } from '../names.ts'
import { namespaceOf } from '../objects.ts'
import type { ObjectKind, StoredObject } from '../port.ts'
import { ApiError } from '../port.ts'
import { alreadyExists, notFound, pluralOf } from '../refusals.ts'
import { cronIn, templateLookup } from '../world.ts'
import { deleteWithEntries, writeWithEntries } from './caches.ts'
import { namespaceFor, refuse } from './create.ts'
import { deleteOwned } from './delete.ts'
import { pluginProblems } from '../plugins/template-problems.ts'

export async function createObject(
  core: Core,
  kind: ObjectKind,
  namespace: string,
  given: StoredObject,
  options: { readonly dryRun?: boolean } = {},
): Promise<StoredObject> {
  const object = completed(core, kind, namespace, given)
  refuse(storable(core, kind, object, options.dryRun), () => core.telemetry.manifestRefused(kind))
  const key = keyOf(kind, object)
  if (options.dryRun === true) return given
  const stored = await writeWithEntries(core, { kind, object, keepsOthers: true }, async (own, more) => {
    const created = await core.objects.update(
      key,
      (current) => {
        if (current !== null) throw alreadyExists(kind, key.name)
        return own
      },
      more,
    )
    if (created === null) throw notFound(kind, key.name)
    return created
  })
  await afterWrite(core, stored)
  return stored
}

export async function updateObject(
  core: Core,
  kind: ObjectKind,
  namespace: string,
  name: string,
  given: StoredObject,
  options: { readonly upsert?: boolean } = {},
): Promise<StoredObject> {
  const named = { ...given, metadata: { ...given.metadata, name: given.metadata?.name || name } } as StoredObject
  const object = completed(core, kind, namespace, named)
  refuse(storable(core, kind, object), () => core.telemetry.manifestRefused(kind))
  const key = keyOf(kind, object)
  const version = given.metadata?.resourceVersion
  const change = (current: StoredObject | null, own: StoredObject): StoredObject => {
    if (current === null) {
      if (options.upsert === true) return own
      throw notFound(kind, key.name)
    }
    if (version && version !== current.metadata?.resourceVersion)
      throw new ApiError(
        'ALREADY_EXISTS',
        `Operation cannot be fulfilled on ${pluralOf(kind)} "${key.name}": the object has been modified; please apply your changes to the latest version and try again`,
      )
    if (!version && options.upsert !== true)
      throw new ApiError(
        'INVALID_ARGUMENT',
        `${pluralOf(kind)} "${key.name}" is invalid: metadata.resourceVersion: Invalid value: 0x0: must be specified for an update`,
      )
    return updated(current, own, options.upsert === true)
  }
  const keepsOthers = options.upsert === true
  const stored = await writeWithEntries(core, { kind, object, keepsOthers }, async (own, more) => {
    const written = await core.objects.update(key, (current) => change(current, own), more)
    if (written === null) throw notFound(kind, key.name)
    return written
  })
  await afterWrite(core, stored)
  return stored
}

export async function deleteObject(core: Core, kind: ObjectKind, namespace: string, name: string): Promise<void> {
  const deleted = await deleteWithEntries(core, { kind, namespace, name })
  if (deleted === null) throw notFound(kind, name)
  if (kind === 'PersistentVolumeClaim')
    await core.claims.delete(namespace, name, AbortSignal.timeout(60_000)).catch(() => {})
  const uid = deleted.metadata?.uid
  if (uid !== undefined) await deleteOwned(core, uid)
}

/** @param namespace that the request names; of an object that names none */
export function lintObject(
  core: Core,
  kind: ObjectKind,
  object: StoredObject,
  { namespace = '', ...options }: Pick<ValidateOptions, 'namespace' | 'mode' | 'missingObjects'>,
): readonly Problem[] {
  return validateObject(kind, object, {
    mode: 'lint',
    ...options,
    lookup: templateLookup(core.objects),
    namespace: namespace || core.config.defaultNamespace,
    policy: core.config.policy,
    workflowDefaults: core.config.engine.workflowDefaults,
  })
}

/**
 * What keeps an object from being stored. A template may refer to one that comes later, as under `kubectl apply`: lint
 * and the workflow that uses it say what is missing then.
 */
function storable(core: Core, kind: ObjectKind, object: StoredObject, dryRun = false): readonly Problem[] {
  const problems = lintObject(core, kind, object, { mode: 'plain', missingObjects: dryRun ? 'fault' : 'open' })
  return problems.length > 0 ? problems : ownPluginProblems(core, kind, object)
}

/** What the plugin modules of this daemon say against the templates in the object. */
function ownPluginProblems(core: Core, kind: ObjectKind, object: StoredObject): readonly Problem[] {
  switch (kind) {
    case 'WorkflowTemplate':
    case 'ClusterWorkflowTemplate':
      return pluginProblems(core.inProcess, (object as WorkflowTemplate).spec.templates)
    case 'CronWorkflow': {
      const at = ['spec', 'workflowSpec', 'templates']
      return pluginProblems(core.inProcess, (object as CronWorkflow).spec.workflowSpec.templates, at)
    }
    default:
      return []
  }
}

function validateObject(kind: ObjectKind, object: StoredObject, options: ValidateOptions): readonly Problem[] {
  switch (kind) {
    case 'WorkflowTemplate':
      return validateWorkflowTemplate(object as WorkflowTemplate, options)
    case 'ClusterWorkflowTemplate':
      return validateClusterWorkflowTemplate(object as ClusterWorkflowTemplate, options)
    case 'CronWorkflow':
      return validateCronWorkflow(object as CronWorkflow, options)
    case 'WorkflowEventBinding':
      return validateEventBinding(object as WorkflowEventBinding, options)
    default:
      return []
  }
}

/** Merge-patches `spec.suspend`. */
export async function suspendCron(
  core: Core,
  namespace: string,
  name: string,
  suspend: boolean,
): Promise<CronWorkflow> {
  await core.objects.update({ kind: 'CronWorkflow', namespace, name }, (current) => {
    if (current === null) throw notFound('CronWorkflow', name)
    const cron = current
    return { ...cron, spec: { ...cron.spec, suspend } }
  })
  const cron = cronIn(core.objects, namespace, name)
  if (cron === null) throw notFound('CronWorkflow', name)
  return cron
}

function completed(core: Core, kind: ObjectKind, fromPath: string, given: StoredObject): StoredObject {
  const metadata = given.metadata ?? {}
  const namespace = kind === 'ClusterWorkflowTemplate' ? '' : namespaceFor(core, fromPath, given)
  const name = metadata.name || (metadata.generateName ? generatedName(core.random, metadata.generateName) : '')
  if (name === '') throw new ApiError('INVALID_ARGUMENT', 'name or generateName is required')
  const { resourceVersion: _version, namespace: _namespace, ...kept } = metadata
  const { instanceId } = core.config.engine
  const labels =
    instanceId === undefined
      ? metadata.labels
      : { ...metadata.labels, 'workflows.argoproj.io/controller-instanceid': instanceId }
  const object = {
    apiVersion: ['ConfigMap', 'Secret', 'PersistentVolumeClaim'].includes(kind) ? 'v1' : 'argoproj.io/v1alpha1',
    kind,
    ...given,
    metadata: {
      ...kept,
      name,
      ...(namespace === '' ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      uid: metadata.uid ?? core.random.uuid(),
      creationTimestamp: metadata.creationTimestamp ?? rfc3339(core.clock.now()),
      generation: 1,
    },
  } as StoredObject
  return kind === 'Secret' ? plainSecret(object) : object
}

/** `stringData` goes into `data`, as in Kubernetes. */
function plainSecret(secret: Secret): Secret {
  const { stringData, ...rest } = secret
  if (stringData === undefined) return rest
  const encoded = Object.entries(stringData).map(
    ([key, text]) => [key, Buffer.from(String(text)).toString('base64')] as const,
  )
  return { ...rest, data: { ...rest.data, ...Object.fromEntries(encoded) } }
}

/** Identity stays; a source, which knows no status, leaves the status alone. */
function updated(current: StoredObject, next: StoredObject, keepsStatus: boolean): StoredObject {
  const { uid, creationTimestamp, generation = 1, annotations: before } = current.metadata ?? {}
  const used = before?.['cronworkflows.argoproj.io/last-used-schedule']
  const annotations =
    used === undefined
      ? next.metadata?.annotations
      : { 'cronworkflows.argoproj.io/last-used-schedule': used, ...next.metadata?.annotations }
  const metadata = {
    ...next.metadata,
    uid,
    creationTimestamp,
    generation: generation + 1,
    ...(annotations === undefined ? {} : { annotations }),
  }
  const status = 'status' in current && (keepsStatus || !('status' in next)) ? { status: current.status } : {}
  return { ...next, ...status, metadata }
}

const keyOf = (kind: ObjectKind, object: StoredObject) => ({
  kind,
  namespace: namespaceOf(kind, object.metadata?.namespace ?? ''),
  name: object.metadata?.name ?? '',
})

async function afterWrite(core: Core, object: StoredObject): Promise<void> {
  if (object.kind !== 'PersistentVolumeClaim') return
  const { namespace = '', name = '' } = (object as PersistentVolumeClaim).metadata ?? {}
  void core.claims.ensureVolume(namespace, name, null).catch((error: unknown) => {
    core.log.warn({ claim: name, namespace, error: String(error) }, 'the volume of a claim could not be made')
  })
}
