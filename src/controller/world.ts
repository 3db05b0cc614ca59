/** What the engine may look at, over the tables in memory. */
import type { EngineConfig, LimitReader, LockRef, Locks, World } from '../engine/index.ts'
import { validateWorkflow } from '../admission/index.ts'
import type { TemplateLookup } from '../admission/index.ts'
import type {
  ClusterWorkflowTemplate,
  ConfigMap,
  CronWorkflow,
  Random,
  Secret,
  Workflow,
  WorkflowTemplate,
} from '../resources/index.ts'
import type { Estimates } from './estimates.ts'
import type { Memos } from './memos.ts'
import type { ObjectTable } from './objects.ts'
import type { Lookups } from './pods/lookups.ts'
import type { Revisions } from './revisions/revisions.ts'
import type { SyncLimits } from './sync-limits.ts'

export const workflowTemplateIn = (objects: ObjectTable, namespace: string, name: string): WorkflowTemplate | null =>
  objects.get('WorkflowTemplate', namespace, name)
export const clusterTemplateIn = (objects: ObjectTable, name: string): ClusterWorkflowTemplate | null =>
  objects.get('ClusterWorkflowTemplate', '', name)
export const configMapIn = (objects: ObjectTable, namespace: string, name: string): ConfigMap | null =>
  objects.get('ConfigMap', namespace, name)
const secretIn = (objects: ObjectTable, namespace: string, name: string): Secret | null =>
  objects.get('Secret', namespace, name)
export const cronIn = (objects: ObjectTable, namespace: string, name: string): CronWorkflow | null =>
  objects.get('CronWorkflow', namespace, name)

/** Templates as admission looks them up. */
export const templateLookup = (objects: ObjectTable): TemplateLookup => ({
  workflowTemplate: (name, namespace) => workflowTemplateIn(objects, namespace, name) ?? undefined,
  clusterWorkflowTemplate: (name) => clusterTemplateIn(objects, name) ?? undefined,
})

export const podLookups = (objects: ObjectTable): Lookups => ({
  configMap: (namespace, name) => configMapIn(objects, namespace, name),
  secret: (namespace, name) => secretIn(objects, namespace, name),
  claim: (namespace, name) => objects.get('PersistentVolumeClaim', namespace, name),
})

export function buildWorld(parts: {
  readonly config: EngineConfig
  readonly objects: ObjectTable
  readonly revisions: Pick<Revisions, 'asOf'>
  readonly memos: Memos
  readonly estimates: Estimates
  readonly locks: Locks
  readonly random: Random
}): World {
  const { config, objects, revisions, memos, estimates, locks, random } = parts
  const lookup = templateLookup(objects)
  return {
    config,
    locks,
    random,
    workflowTemplate: (namespace, name, at) =>
      revisions.asOf({ kind: 'WorkflowTemplate', namespace, name }, at, workflowTemplateIn(objects, namespace, name)),
    clusterWorkflowTemplate: (name, at) =>
      revisions.asOf({ kind: 'ClusterWorkflowTemplate', namespace: '', name }, at, clusterTemplateIn(objects, name)),
    configMap: (namespace, name) => configMapIn(objects, namespace, name),
    memo: (cacheName, key) => memos.read(cacheName, key),
    estimate: (workflow: Workflow) => estimates.of(workflow),
    validate: (workflow) =>
      validateWorkflow(workflow, { lookup, workflowDefaults: config.workflowDefaults })[0]?.message ?? null,
  }
}

/** Limits of semaphores: a key of a ConfigMap, or a limit that was set over the API. */
export function limitReader(objects: ObjectTable, limits: SyncLimits): LimitReader {
  return (lock: LockRef) => {
    if (lock.mutex) return { limit: 1 }
    const [namespace = '', , map = '', ...rest] = lock.name.split('/')
    if (lock.kind === 'Database') {
      const limit = limits.databaseLimit(namespace, [map, ...rest].join('/'))
      return limit === null ? { error: `failed to initialize semaphore ${lock.name} with limit` } : { limit }
    }
    const key = rest.join('/')
    const object = configMapIn(objects, namespace, map)
    if (object === null) return { error: `configmaps "${map}" not found` }
    const text = object.data?.[key]
    if (text === undefined) return { error: `Sync configuration key '${key}' not found in ConfigMap` }
    return /^[+-]?\d+$/.test(text.trim())
      ? { limit: Number(text) }
      : { error: `failed to initialize semaphore ${lock.name} with limit` }
  }
}
