/** What the engine sees beside the run: templates and ConfigMaps of the given files, locks, memos; no daemon. */
import { validateWorkflow } from '../admission/index.ts'
import type { Manifest, TemplateLookup } from '../admission/index.ts'
import { type MemoEntry, type MemoWrite, type World, lockTable } from '../engine/index.ts'
import type { ClusterWorkflowTemplate, ConfigMap, WorkflowTemplate } from '../resources/index.ts'
import { rfc3339 } from '../resources/index.ts'
import type { Instant } from '../resources/index.ts'

/** A pseudo-random walk that is the same each time. */
function sameRandom(): { next(): number; uuid(): string } {
  let state = 1
  let uuids = 0
  return {
    next: () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647,
    uuid: () => `00000000-0000-4000-8000-${String((uuids += 1)).padStart(12, '0')}`,
  }
}

export type KitWorld = World & { remember(writes: readonly MemoWrite[], now: Instant): void }

/** Semaphores have the limits of their ConfigMaps; those of a database, which no file shows, let one in. */
export function kitWorld(manifests: readonly Manifest[]): KitWorld {
  const named = <T>(kind: Manifest['kind']) =>
    new Map(
      manifests.flatMap(({ kind: own, resource }): [string, T][] =>
        own === kind ? [[resource.metadata?.name ?? '', resource as T]] : [],
      ),
    )
  const templates = named<WorkflowTemplate>('WorkflowTemplate')
  const clusterTemplates = named<ClusterWorkflowTemplate>('ClusterWorkflowTemplate')
  const configMaps = named<ConfigMap>('ConfigMap')
  const memos = new Map<string, MemoEntry>()
  const lookup: TemplateLookup = {
    workflowTemplate: (name) => templates.get(name),
    clusterWorkflowTemplate: (name) => clusterTemplates.get(name),
  }
  const locks = lockTable(({ name, kind }) => {
    if (kind === 'Database') return { limit: 1 }
    const [, , map = '', ...key] = name.split('/')
    const object = configMaps.get(map)
    if (object === undefined) return { error: `configmaps "${map}" not found` }
    const text = object.data?.[key.join('/')]
    if (text === undefined) return { error: `Sync configuration key '${key.join('/')}' not found in ConfigMap` }
    return { limit: Number(text) }
  })
  return {
    config: {
      artifactRepository: { s3: {} },
      controllerNamespace: 'argo',
      timezone: 'UTC',
      podNameFormat: 'v2',
      podGCDeleteDelayMs: 0,
      hostNodeName: 'simulated',
    },
    locks,
    random: sameRandom(),
    workflowTemplate: (_namespace, name) => templates.get(name) ?? null,
    clusterWorkflowTemplate: (name) => clusterTemplates.get(name) ?? null,
    configMap: (_namespace, name) => configMaps.get(name) ?? null,
    memo: (cache, key) => memos.get(`${cache}/${key}`) ?? null,
    estimate: () => null,
    validate: (workflow) => validateWorkflow(workflow, { lookup })[0]?.message ?? null,
    remember(writes, now) {
      for (const { cacheName, key, nodeID, outputs, hitOnly } of writes) {
        const entry = { nodeID, creationTimestamp: rfc3339(now), lastHitTimestamp: rfc3339(now) }
        if (hitOnly !== true)
          memos.set(`${cacheName}/${key}`, { ...entry, ...(outputs === undefined ? {} : { outputs }) })
      }
    },
  }
}
