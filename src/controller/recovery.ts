/** Taking up what an earlier life left: unfinished runs, their locks, their pods, their claims. */
import { artifactsToDelete, isEnded, isFinished, nodeOf } from '../engine/index.ts'
import type { PodState, Workflow } from '../resources/index.ts'
import { WorldError, rfc3339 } from '../resources/index.ts'
import type { WorkflowRow } from '../store/port.ts'
import { mayBegin } from './api/create.ts'
import { persevere } from './back-off.ts'
import { workflowRow } from './commit.ts'
import type { Core } from './core.ts'
import { brokenRootChanges, brokenWorkflow } from './ending.ts'
import type { LiveRun } from './live-run.ts'
import { staysAfterEnd } from './kept-pods.ts'
import { openStored, restoreLocks } from './open-run.ts'

/** Before anything is processed: all that is ours. */
export async function loadRuns(core: Core): Promise<readonly LiveRun[]> {
  const owner = core.fleet === null ? {} : { owner: core.fleet.name }
  return takeUp(core, await core.store.workflows({ finished: false, ...owner }))
}

/**
 * Brings them into memory, with the locks and turns that they have; nothing is done yet.
 * @param patience with a store that is away; without it this fails then
 */
export async function takeUp(
  core: Core,
  unordered: readonly WorkflowRow[],
  patience: Parameters<typeof persevere>[1] | null = null,
): Promise<readonly LiveRun[]> {
  const rows = unordered.toSorted((a, b) => a.createdAt - b.createdAt)
  const runs: LiveRun[] = []
  // Those that had begun count before others ask for their turn.
  for (const row of rows.sort((a, b) => Number(b.startedAt !== null) - Number(a.startedAt !== null))) {
    const open = () => openOrSpoil(core, row)
    const live = await (patience === null ? open() : persevere(open, patience))
    if (live === null) continue
    live.held = !mayBegin(core, live, row.body as Workflow)
    core.runs.add(live)
    restoreLocks(core.locks, row.body as Workflow)
    runs.push(live)
  }
  return runs
}

/** A run that cannot even be opened becomes an error; the others must not suffer for it. */
async function openOrSpoil(core: Core, row: WorkflowRow): Promise<LiveRun | null> {
  try {
    return openStored(core, row, await core.store.nodes(row.uid))
  } catch (error) {
    if (error instanceof WorldError) throw error
    const { namespace, name } = row
    const message = error instanceof Error ? error.message : String(error)
    core.log.error({ workflow: name, namespace, uid: row.uid, error: message }, 'a stored workflow could not be opened')
    const now = rfc3339(core.clock.now())
    const broken = workflowRow(brokenWorkflow(row.body as Workflow, message, now), {
      internal: row.internal,
      finished: true,
    })
    const root = await brokenRootChanges(core.store, row, now)
    await core.store.commit([{ kind: 'putWorkflow', row: broken }, ...root])
    return null
  }
}

/** Has them go on: what was decided is done again, and the engine looks at each. Resolves when it has. */
export function setGoing(core: Core, runs: readonly LiveRun[]): Promise<void> {
  for (const live of runs) repeatEffects(core, live)
  return core.reconciler.lookFirst(runs.map(({ uid }) => uid))
}

/** What was decided and may not have been done: the engine does not ask for these again by itself. */
export function repeatEffects(core: Core, live: LiveRun): void {
  const { status } = live.run.workflow
  for (const { name, persistentVolumeClaim } of status?.persistentVolumeClaims ?? []) {
    const claimName = persistentVolumeClaim?.claimName
    const claim = live.run.spec.volumeClaimTemplates?.find((template) => template.metadata?.name === name)
    if (claimName === undefined || claim === undefined) continue
    const named = { ...claim, metadata: { ...claim.metadata, name: claimName, namespace: live.namespace } }
    core.tasks.perform(live, { kind: 'createClaim', claimName, claim: named })
  }
  if (!isFinished(live.run)) return
  const artifacts = artifactsToDelete(live.run, 'OnWorkflowCompletion')
  for (const { node, artifact } of artifacts) live.outstanding.add(`${node}/${artifact.name}`)
  if (artifacts.length > 0) core.tasks.perform(live, { kind: 'deleteArtifacts', artifacts })
}

/** Containers of unfinished nodes stay, and those of finished pods where podGC says so and the workflow is still there. */
export async function isKept(core: Core, state: PodState): Promise<boolean> {
  // Of plugins only what somebody has asked for again; a driver of artifacts may be asked for at any time.
  if (core.services.has(state.identity.id) || core.drivers.isOurs(state.identity.id)) return true
  const { workflowUid: uid, nodeId } = state.identity
  // On its way into memory, or there and about to ask for its pods.
  if (core.fleet?.isComing(uid) === true) return true
  const live = core.runs.byUid(uid)
  const node = live === undefined ? undefined : nodeOf(live.run, nodeId)
  if (node !== undefined && !isEnded(node)) return true
  const mayCome = live === undefined && core.fleet !== null
  if (state.phase !== 'ended' && !mayCome) return false
  const row: WorkflowRow | null = await core.store.workflowByUid(uid)
  // Ours since a moment ago, and nobody here knows it yet: it is about to be taken up, and asks for its pods then.
  if (mayCome && row?.finished === false) return true
  if (state.phase !== 'ended') return false
  const workflow = row?.body as Workflow | undefined
  const spec = workflow?.status?.storedWorkflowTemplateSpec ?? workflow?.spec
  if (row === null || !spec?.podGC?.strategy) return false
  const rows = spec.podGC.strategy === 'OnPodSuccess' ? await core.store.nodes(uid) : []
  const nodePhase = rows.find(({ id }) => id === nodeId)?.node.phase
  return staysAfterEnd(spec, { nodePhase, workflowPhase: row.finished ? row.phase : null })
}
