/**
 * Deletions that wait for artifacts, as under Argo's finalizer: the workflow stays readable, marked as to be deleted,
 * until what artifactGC wants gone is gone; then its record goes. Written down in the commit that marks it, so that a
 * crash forgets none.
 */
import type { Workflow, WorkflowUid } from '../../resources/index.ts'
import { instant, rfc3339 } from '../../resources/index.ts'
import type { Change, Store, WorkflowRow } from '../../store/port.ts'
import { objectKey } from '../../store/port.ts'
import { backOffMs } from '../back-off.ts'
import { workflowRow } from '../commit.ts'
import type { Core } from '../core.ts'
import { announce } from './announce.ts'
import { workflowOfRow } from './read.ts'

const collection = 'deletion'
const finalizer = 'workflows.argoproj.io/artifact-gc'
/** Time for watchers to see the mark; a cluster takes longer, since it starts a pod for it. */
const collectAfterMs = 2_000
const collectAgain = { firstMs: 2_000, factor: 2, capMs: 300_000 }

/** Deletes artifacts, then the record; keeps the workflow, and tells why, where an artifact stays. */
type Finish = (core: Core, workflow: Workflow, force: boolean) => Promise<void>

/** Whether any strategy asks for artifacts to be deleted, so that Argo would hold the workflow by its finalizer. */
export function hasArtifactGC(workflow: Workflow): boolean {
  const spec = workflow.status?.storedWorkflowTemplateSpec ?? workflow.spec
  const templates = [...(spec.templates ?? []), ...Object.values(workflow.status?.storedTemplates ?? {})]
  const artifacts = templates.flatMap(({ outputs }) => outputs?.artifacts ?? [])
  return [spec, ...artifacts].some(({ artifactGC }) => isWanted(artifactGC?.strategy))
}

const isWanted = (strategy: string | undefined): boolean => (strategy ?? '') !== '' && strategy !== 'Never'

export async function beginDeletion(core: Core, workflow: Workflow, row: WorkflowRow, finish: Finish): Promise<void> {
  const { uid = '', namespace = '', name = '', deletionTimestamp } = workflow.metadata
  if (deletionTimestamp !== undefined) return
  const finalizers = [...new Set([...(workflow.metadata.finalizers ?? []), finalizer])]
  const marked: Workflow = {
    ...workflow,
    metadata: { ...workflow.metadata, finalizers, deletionTimestamp: rfc3339(core.clock.now()) },
  }
  plan(core, uid as WorkflowUid, finish) // first: the answer of the commit may be lost
  const { versions, resourceVersion } = await core.store.commit([
    { kind: 'putWorkflow', row: workflowRow(marked, { internal: row.internal, finished: true }) },
    { kind: 'putRecord', collection, key: uid, value: { namespace, name } },
  ])
  core.runs.forget(namespace, name)
  announce(core.hub, marked, 'MODIFIED', versions.get(objectKey('Workflow', namespace, name)) ?? resourceVersion)
}

/** What belongs into the commit that deletes the workflow. */
export function deletionEnded({ metadata: { uid = '', deletionTimestamp } }: Workflow): Change[] {
  return deletionTimestamp === undefined ? [] : [{ kind: 'putRecord', collection, key: uid, value: null }]
}

/** Whether somebody, of several controllers on one store maybe another, waits for its artifacts. @param row as it was read just now */
export async function isDeletionUnderWay(store: Store, { uid, body }: WorkflowRow): Promise<boolean> {
  if ((body as Workflow).metadata.deletionTimestamp === undefined) return false
  return (await store.record(collection, uid)) != null
}

/** Takes up the deletions that an earlier life had begun. */
export async function resumeDeletions(core: Core, finish: Finish): Promise<void> {
  for (const uid of (await core.store.records(collection)).keys()) plan(core, uid as WorkflowUid, finish)
}

function plan(core: Core, uid: WorkflowUid, finish: Finish, failures = 0): void {
  const waitMs = failures === 0 ? collectAfterMs : backOffMs(collectAgain, failures)
  const again = () => plan(core, uid, finish, failures + 1)
  core.alarms.set(`deletion/${uid}`, instant(core.clock.now() + waitMs), () => {
    void proceed(core, uid, finish).then(
      (isDone) => isDone || again(),
      (error: unknown) => {
        core.log.warn({ uid, error: String(error) }, 'a workflow could not be deleted yet; trying again')
        again()
      },
    )
  })
}

/** @returns whether nothing is left to do */
async function proceed(core: Core, uid: WorkflowUid, finish: Finish): Promise<boolean> {
  const row = await core.store.workflowByUid(uid)
  const workflow = row === null ? null : await workflowOfRow(core, row, 'all')
  if (workflow?.metadata.deletionTimestamp !== undefined) await finish(core, workflow, false)
  const left = await core.store.workflowByUid(uid)
  if (left !== null) return (left.body as Workflow).metadata.deletionTimestamp === undefined
  if (row === null) await core.store.commit([{ kind: 'putRecord', collection, key: uid, value: null }])
  return true
}
