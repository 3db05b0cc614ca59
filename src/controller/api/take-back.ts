/** An archived workflow comes back among the workflows that are there. */
import { WorldError } from '../../resources/index.ts'
import type { WorkflowUid } from '../../resources/index.ts'
import type { ArchivedRow } from '../../store/archive.ts'
import { objectKey } from '../../store/port.ts'
import { putBack } from '../archive/put-back.ts'
import type { Core } from '../core.ts'
import { ApiError } from '../port.ts'
import { announce } from './announce.ts'
import { readByUid } from './read.ts'

const clearedWithinMs = 10_000
const clearingLookMs = 200

/** Into the hot tables; watches hear of it where it was deleted for them. */
export async function takeBack(core: Core, row: ArchivedRow): Promise<void> {
  const { namespace, name, uid } = row
  const taken = new ApiError('ALREADY_EXISTS', 'Workflow already exists on cluster, use argo retry {name} instead')
  if (core.runs.byName(namespace, name) !== undefined || core.creating.has(namespace, name)) throw taken
  await core.archive.holds.alone(uid, async () => {
    await cleared(core, uid)
    try {
      // Retention or another may have been faster.
      const now = await core.store.archive.byUid(uid)
      const committed = now === null ? null : await putBack(core.store, now)
      if (committed === null || now?.deleted !== true) return
      const back = await readByUid(core, uid)
      const version = committed.versions.get(objectKey('Workflow', namespace, name)) ?? committed.resourceVersion
      if (back !== null) announce(core.hub, back, 'ADDED', version)
    } catch (error) {
      if (error instanceof WorldError && error.code === 'STORE_CONFLICT') throw taken
      throw error
    }
  })
}

/** Where it was just deleted its containers are on their way out, and those of a retry would go with them. */
async function cleared({ leftovers, clock }: Core, uid: WorkflowUid): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += clearingLookMs) {
    if (!leftovers.isClearing(uid) && !(await leftovers.isWrittenDown(uid))) return
    if (waitedMs >= clearedWithinMs)
      throw new ApiError('UNAVAILABLE', 'what was left of the workflow when it was deleted is still being removed')
    await clock.sleep(clearingLookMs)
  }
}
