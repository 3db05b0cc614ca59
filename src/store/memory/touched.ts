/** What a member's commit means for the others: whose the workflows are, and what they are told. */
import type { WorkflowUid } from '../../resources/index.ts'
import { storeError } from '../fault.ts'
import { objectKey } from '../port.ts'
import type { StoreEvent } from '../port.ts'
import type { MemoryDisk, Written } from './disk.ts'
import { ownerOf } from '../fleet.ts'

type Touched = Pick<StoreEvent, 'kind' | 'namespace' | 'name' | 'uid'> & { readonly wasThere: boolean }

/** Before it is written. @throws WorldError STORE_NOT_OWNER */
export function touchedBy(disk: MemoryDisk, changes: readonly Written[], by: string) {
  const touched = new Map<string, Touched>()
  const owners = new Map<WorkflowUid, string>()
  for (const change of changes) {
    if (change.kind === 'putObject' || change.kind === 'deleteObject') {
      const kind = change.kind === 'putObject' ? change.row.kind : change.objectKind
      const { namespace, name } = change.kind === 'putObject' ? change.row : change
      const key = objectKey(kind, namespace, name)
      if (!touched.has(key)) touched.set(key, { kind, namespace, name, wasThere: disk.objects.has(key) })
      continue
    }
    const uid = change.kind === 'putWorkflow' ? change.row.uid : 'uid' in change ? change.uid : null
    if (uid === null) continue
    const stored = disk.workflows.get(uid)?.row
    if (stored && !stored.finished && ownerOf(stored) !== by)
      throw storeError({ code: 'STORE_NOT_OWNER', message: `workflow ${uid} belongs to controller ${ownerOf(stored)}` })
    if (change.kind === 'putWorkflow' && (!stored || (stored.finished && !change.row.finished)))
      owners.set(uid, change.row.owner ?? by)
    const row = stored ?? (change.kind === 'putWorkflow' ? change.row : null)
    if (row === null) continue
    const key = objectKey('Workflow', row.namespace, row.name)
    if (!touched.has(key))
      touched.set(key, {
        kind: 'Workflow',
        namespace: row.namespace,
        name: row.name,
        uid,
        wasThere: stored !== undefined,
      })
  }
  return {
    /** Once it is written. */
    settle(versions: ReadonlyMap<string, number>): void {
      for (const [uid, owner] of owners) {
        const stored = disk.workflows.get(uid)
        if (!stored) continue
        disk.workflows.set(uid, { ...stored, row: { ...stored.row, owner } })
        if (owner !== by) disk.fleet.hand(uid, owner)
      }
      const events: StoreEvent[] = []
      for (const [key, { wasThere, ...what }] of touched) {
        const resourceVersion = versions.get(key)
        const isThere = what.uid === undefined ? disk.objects.has(key) : disk.workflows.has(what.uid)
        if (resourceVersion === undefined || (!wasThere && !isThere)) continue
        events.push({ ...what, resourceVersion, type: !isThere ? 'DELETED' : wasThere ? 'MODIFIED' : 'ADDED' })
      }
      if (events.length > 0)
        disk.fleet.note(
          events.sort((a, b) => a.resourceVersion - b.resourceVersion),
          by,
        )
    },
  }
}
