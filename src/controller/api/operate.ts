/** What people ask of workflows: stop, resume, retry and the like. */
import type { Operation } from '../../engine/index.ts'
import type { Workflow } from '../../resources/index.ts'
import type { Core } from '../core.ts'
import type { LiveRun } from '../live-run.ts'
import { openStored } from '../open-run.ts'
import { notFound } from '../refusals.ts'
import { resolvedName } from './read.ts'
import { takeBack } from './take-back.ts'

export async function operateOn(core: Core, namespace: string, name: string, operation: Operation): Promise<Workflow> {
  const resolved = await resolvedName(core, namespace, name)
  const live = core.runs.byName(namespace, resolved) ?? (await takeUp(core, namespace, resolved))
  return core.reconciler.request(live, operation)
}

/** A finished workflow comes back into memory; if nothing comes of the request it leaves again. */
async function takeUp(core: Core, namespace: string, name: string): Promise<LiveRun> {
  await core.creating.settled(namespace, name)
  const found = await core.store.workflow(namespace, name)
  if (found === null) return takeUpMoved(core, namespace, name)
  return core.archive.holds.alone(found.uid, async () => {
    const row = await core.store.workflowByUid(found.uid)
    if (row === null) throw notFound('Workflow', name)
    const nodes = await core.store.nodes(row.uid)
    const known = core.runs.byName(namespace, name)
    if (known !== undefined) return known
    const live = openStored(core, row, nodes)
    core.runs.add(live)
    return live
  })
}

/** One that has left the hot tables without having been deleted goes back there first. */
async function takeUpMoved(core: Core, namespace: string, name: string): Promise<LiveRun> {
  const moved = await core.store.archive.named(namespace, name, { deleted: false })
  if (moved === null) throw notFound('Workflow', name)
  await takeBack(core, moved)
  return takeUp(core, namespace, name)
}
