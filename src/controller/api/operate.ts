/** What people ask of workflows: stop, resume, retry and the like, and resubmission. */
import { resubmitted } from '../../engine/index.ts'
import type { Operation } from '../../engine/index.ts'
import type { Workflow } from '../../resources/index.ts'
import type { Core } from '../core.ts'
import type { LiveRun } from '../live-run.ts'
import { openStored } from '../open-run.ts'
import { notFound, refusalError } from '../refusals.ts'
import { createWorkflow } from './create.ts'
import { readWorkflow } from './read.ts'

export async function operateOn(core: Core, namespace: string, name: string, operation: Operation): Promise<Workflow> {
  const resolved =
    name === '@latest' ? ((await readWorkflow(core, namespace, name, { nodes: false }))?.metadata.name ?? name) : name
  const live = core.runs.byName(namespace, resolved) ?? (await takeUp(core, namespace, resolved))
  return core.reconciler.request(live, operation)
}

/** A finished workflow comes back into memory; if nothing comes of the request it leaves again. */
async function takeUp(core: Core, namespace: string, name: string): Promise<LiveRun> {
  const row = await core.store.workflow(namespace, name)
  if (row === null) throw notFound('Workflow', name)
  const nodes = await core.store.nodes(row.uid)
  const known = core.runs.byName(namespace, name)
  if (known !== undefined) return known
  const live = openStored(core, row, nodes)
  core.parallelism.force({ uid: live.uid, namespace })
  core.runs.add(live)
  return live
}

export async function resubmit(
  core: Core,
  namespace: string,
  name: string,
  options: { readonly memoized?: boolean; readonly parameters?: readonly string[] },
): Promise<Workflow> {
  const old = await readWorkflow(core, namespace, name)
  if (old === null) throw notFound('Workflow', name)
  const { memoized = false, parameters = [] } = options
  const answer = resubmitted(old, { memoized, parameters }, core.random, core.clock.now())
  if ('refused' in answer) throw refusalError(answer)
  return createWorkflow(core, old.metadata.namespace ?? namespace, answer)
}
