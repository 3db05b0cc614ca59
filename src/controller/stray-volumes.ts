/**
 * Volumes that stand for claims of nobody: a daemon that another had overtaken was just having them made, and its call came
 * through after their workflow was over: the volume's own, or that of a pod that mounts it, with which the engine makes it.
 * Nothing is written down of them, so each start looks for them.
 */
import type { Workflow, WorkflowUid } from '../resources/index.ts'
import { WorldError } from '../resources/index.ts'
import { ownerLabel } from '../runtime/index.ts'
import { archivedWorkflow } from './archive/read.ts'
import { persevere } from './back-off.ts'
import type { Core } from './core.ts'

/** About a quarter of a minute: the containers of such a pod are being removed at a start, too. */
const triesMax = 8
const isInUse = (error: unknown): error is WorldError => error instanceof WorldError && error.code === 'VOLUME_IN_USE'

export async function removeStrayVolumes(core: Core, signal: AbortSignal): Promise<void> {
  for (const { labels } of (await core.runtime.volumes?.(signal)) ?? []) {
    const { 'drydock.namespace': namespace, 'drydock.claim': claimName, [ownerLabel]: owner } = labels
    if (namespace === undefined || claimName === undefined || owner === undefined) continue
    const uid = owner as WorkflowUid
    const isUnclaimed = () =>
      core.runs.byUid(uid) === undefined &&
      core.objects.get('PersistentVolumeClaim', namespace, claimName) === null &&
      !core.leftovers.isClearing(uid) &&
      !core.leftovers.isClearingClaim(namespace, claimName)
    if (!isUnclaimed() || (await keepsClaim(core, uid, claimName))) continue
    try {
      const remove = () => core.claims.removeStray(namespace, claimName, { isUnclaimed, signal })
      if (!(await persevere(remove, { clock: core.clock, signal, triesMax, mayPass: isInUse }))) continue
      core.log.info({ uid, claim: claimName, namespace }, 'a volume of a workflow that is no more was removed')
    } catch (error) {
      signal.throwIfAborted()
      const fields = { uid, claim: claimName, namespace, error: String(error) }
      core.log.warn(fields, 'a volume of a workflow that is no more could not be removed; the next start tries again')
    }
  }
}

/** Whether the workflow is under way, or has ended and shows the claim as one that it left standing. */
async function keepsClaim({ store }: Core, uid: WorkflowUid, claimName: string): Promise<boolean> {
  const row = await store.workflowByUid(uid)
  if (row !== null) return !row.finished || shows(row.body as Workflow, claimName)
  const archived = await store.archive.byUid(uid)
  if (archived === null || archived.deleted) return false
  const workflow = await archivedWorkflow(store, archived, { nodes: false })
  return workflow !== null && shows(workflow, claimName)
}

const shows = ({ status }: Workflow, claimName: string): boolean =>
  status?.persistentVolumeClaims?.some((volume) => volume.persistentVolumeClaim?.claimName === claimName) === true
