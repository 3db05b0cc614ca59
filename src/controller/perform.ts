/** From effects to those who carry them out. Begins the work and waits for none of it. */
import type { Effect } from '../engine/index.ts'
import { nodeOf } from '../engine/index.ts'
import type { PersistentVolumeClaim } from '../resources/index.ts'
import type { Core } from './core.ts'
import type { Leftover } from './leftovers.ts'
import type { LiveRun } from './live-run.ts'

export function perform(core: Core, live: LiveRun, effect: Effect, endSeenAt: number | null): void {
  switch (effect.kind) {
    case 'runPod': {
      const node = nodeOf(live.run, effect.plan.identity.nodeId)
      // A run that was opened anew asks for what it finds under way, and hears in the same step that it has ended.
      if (node?.taskResultSynced === true) return
      const priority = live.run.spec.priority ?? 0
      const wasRunning = node?.phase === 'Running'
      return core.pods.run(effect.plan, { priority, wasRunning, endSeenAt })
    }
    case 'preparePod':
      return core.pods.prepare(effect.plan)
    case 'stopPod':
      return core.pods.stop(effect.pod, effect.graceMs)
    case 'removePod':
      return core.pods.remove(effect.pod, effect.delayMs)
    case 'deleteClaim':
      core.pods.hurryRemovals(live.uid)
      core.tasks.leaveClaim(live.uid, effect.claimName)
      return core.leftovers.clear(claimLeftover(live, effect.claimName))
    case 'keepLog':
      return
    default:
      return core.tasks.perform(live, effect)
  }
}

export const claimLeftover = (live: LiveRun, claimName: string): Leftover => ({
  kind: 'claim',
  namespace: live.namespace,
  claimName,
  owner: live.uid,
})

/** Clears what a deleted workflow, or a claim whose time is over, has left behind. */
export async function clearLeftover(core: Core, leftover: Leftover, signal: AbortSignal): Promise<void> {
  if (leftover.kind === 'claim')
    return core.claims.delete(leftover.namespace, leftover.claimName, signal, leftover.owner)
  await core.pods.destroy(leftover.uid as LiveRun['uid'], signal)
  const { namespace, uid, claims = [] } = leftover
  const isOwn = (claim: PersistentVolumeClaim) => claim.metadata?.ownerReferences?.some((owner) => owner.uid === uid)
  const known = core.objects.list('PersistentVolumeClaim', namespace)
  const own = known.filter((claim) => isOwn(claim) === true).map(({ metadata }) => metadata?.name ?? '')
  // Of a claim whose record was never written, only what the workflow asked for tells; another's is not touched.
  const unrecorded = claims.filter((name) => !known.some(({ metadata }) => metadata?.name === name))
  for (const name of [...own, ...unrecorded]) await core.claims.delete(namespace, name, signal, uid)
}
