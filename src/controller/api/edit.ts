/** Changing a workflow that is there: what a patch or a new manifest asks for, as far as it may change. */
import { isDeepStrictEqual } from 'node:util'
import type { Operation } from '../../engine/index.ts'
import type { ObjectMeta, Workflow, WorkflowSpec } from '../../resources/index.ts'
import type { Core } from '../core.ts'
import { ApiError } from '../port.ts'
import { notFound } from '../refusals.ts'
import { operateOn } from './operate.ts'
import { readWorkflow } from './read.ts'

type Edit = Extract<Operation, { kind: 'edit' }>

const editable = ['suspend', 'shutdown', 'parallelism', 'priority', 'activeDeadlineSeconds'] as const
/** The controller's own. */
const ownLabels = ['phase', 'completed', 'controller-instanceid'].map((name) => `workflows.argoproj.io/${name}`)

/**
 * @param change gives the workflow as it is to be, from how it is (without nodes); what it throws is passed on
 * @throws ApiError INVALID_ARGUMENT where something else would change, ALREADY_EXISTS where its version is old
 */
export async function editWorkflow(
  core: Core,
  namespace: string,
  name: string,
  change: (current: Workflow) => Workflow,
): Promise<Workflow> {
  const current = await readWorkflow(core, namespace, name, { nodes: false })
  if (current === null) throw notFound('Workflow', name)
  const next = change(current)
  const edit = editBetween(current, next)
  if (edit === null) return (await readWorkflow(core, namespace, name)) ?? current
  return operateOn(core, namespace, current.metadata.name ?? name, edit)
}

/** `null`: nothing changes. Status is the controller's and is not looked at. */
export function editBetween(current: Workflow, next: Workflow): Edit | null {
  const name = current.metadata.name ?? ''
  refuseOtherIdentity(current.metadata, next.metadata)
  const isOver = Boolean(current.status?.finishedAt)
  const fields = specEdits(current.spec, next.spec)
  if (isOver && Object.keys(fields).length > 0)
    throw invalid(name, `the workflow has ended: only labels and annotations may change`)
  const labels = mapEdits(current.metadata.labels, next.metadata.labels)
  const own = Object.keys(labels).find((key) => ownLabels.includes(key))
  if (own !== undefined) throw invalid(name, `metadata.labels: ${own} is set by the controller`)
  const annotations = mapEdits(current.metadata.annotations, next.metadata.annotations)
  const edit: Edit = {
    kind: 'edit',
    ...fields,
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  }
  return Object.keys(edit).length === 1 ? null : edit
}

function refuseOtherIdentity(current: ObjectMeta, next: ObjectMeta): void {
  const name = current.name ?? ''
  for (const field of ['name', 'namespace', 'uid'] as const)
    if (next[field] && next[field] !== current[field])
      throw invalid(name, `metadata.${field}: Invalid value: "${next[field]}": field is immutable`)
  if (next.resourceVersion && next.resourceVersion !== current.resourceVersion)
    throw new ApiError(
      'ALREADY_EXISTS',
      `Operation cannot be fulfilled on workflows.argoproj.io "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    )
}

function specEdits(current: WorkflowSpec, next: WorkflowSpec): Partial<Edit> {
  const changes: Record<string, unknown> = {}
  for (const key of new Set([...Object.keys(current), ...Object.keys(next)]) as Set<keyof WorkflowSpec>) {
    const [before, after] = [current[key], next[key]]
    if (isDeepStrictEqual(plain(before), plain(after))) continue
    if (!(editable as readonly string[]).includes(key))
      throw new ApiError(
        'INVALID_ARGUMENT',
        `spec.${key} may not change: of a workflow that was submitted only ${editable.slice(0, -1).join(', ')} and ${editable.at(-1) ?? ''} may`,
      )
    if (key === 'shutdown' && !['Stop', 'Terminate'].includes(String(after)))
      throw new ApiError('INVALID_ARGUMENT', 'spec.shutdown must be Stop or Terminate, and cannot be taken back')
    changes[key] =
      after === undefined || after === null ? null : key === 'activeDeadlineSeconds' ? Number(after) : after
  }
  return changes
}

/** Absent members and `undefined` are the same. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)))

function mapEdits(
  current: Readonly<Record<string, string>> = {},
  next: Readonly<Record<string, string>> = {},
): Record<string, string | null> {
  const gone = Object.keys(current).filter((key) => !(key in next))
  const put = Object.entries(next).filter(([key, value]) => current[key] !== value)
  return Object.fromEntries([...gone.map((key): [string, null] => [key, null]), ...put])
}

const invalid = (name: string, why: string): ApiError =>
  new ApiError('INVALID_ARGUMENT', `workflows.argoproj.io "${name}" is invalid: ${why}`)
