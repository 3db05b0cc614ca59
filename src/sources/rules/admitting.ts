/** One document of a file, brought to the controller; what came of it is data. */
import type { Problem } from '../../admission/index.ts'
import { ApiError } from '../../controller/port.ts'
import type { Controller, ObjectKind } from '../../controller/port.ts'
import { UserError } from '../../resources/index.ts'
import type { Workflow } from '../../resources/index.ts'
import { generatedName, splitSpec } from './content.ts'
import type { Document } from './documents.ts'
import type { DocumentRecord } from './records.ts'
import { missingTemplates } from './references.ts'
import type { TemplateReference } from './references.ts'

export type SourceController = Pick<
  Controller,
  'createWorkflow' | 'workflow' | 'deleteWorkflow' | 'operate' | 'updateObject' | 'deleteObject' | 'object' | 'watch'
>

export type Outcome =
  | { readonly kind: 'admitted'; readonly record: DocumentRecord; readonly note?: string }
  /** `record`: what is remembered nevertheless. */
  | { readonly kind: 'refused'; readonly problems: readonly Problem[]; readonly record?: DocumentRecord }
  | { readonly kind: 'waiting'; readonly missing: readonly TemplateReference[] }

export type Task = {
  readonly document: Document
  readonly path: string
  /** What the same document was before; of `generateName`, only the same content. */
  readonly before: DocumentRecord | undefined
  /** The file was deleted in between and is there again: it is to run anew. */
  readonly returned: boolean
  /** Templates that are missing may still come. */
  readonly mayWait: boolean
  /** Somebody saved the file just now, so that an edit that was refused is looked at again. */
  readonly touched: boolean
}

/** A workflow says by these where it comes from. */
export const sourceAnnotation = 'drydock.dev/source-file'
export const contentAnnotation = 'drydock.dev/source-content'
/** Names that other contents took already, before it is given up. */
const saltsMax = 50
const editableNames = 'suspend, shutdown, parallelism, priority and activeDeadlineSeconds'

/** @throws WorldError where the store or the like is away: to be tried again */
export async function admitDocument(controller: SourceController, task: Task): Promise<Outcome> {
  const { document, before, returned } = task
  if (before?.hash === document.hash && !returned) return { kind: 'admitted', record: before }
  if (before?.refusedHash === document.hash && !task.touched) return refused(document, runningMessage(before.name))
  try {
    const missing = task.mayWait ? missingTemplates(controller, document.namespace, document.manifest.resource) : []
    if (missing.length > 0) return { kind: 'waiting', missing }
    if (document.manifest.kind !== 'Workflow') return await putObject(controller, document, document.manifest.kind)
    const workflow = document.manifest.resource
    return document.name === ''
      ? await generate(controller, task, workflow)
      : await admitNamed(controller, task, workflow)
  } catch (error) {
    if (error instanceof ApiError && error.code !== 'UNAVAILABLE') {
      const problems = error.problems.length > 0 ? error.problems : [{ message: error.message }]
      return { kind: 'refused', problems: problems.map((problem) => document.placed(problem)) }
    }
    if (error instanceof UserError) return refused(document, error.message, error.hint)
    throw error
  }
}

function refused(document: Document, message: string, hint?: string): Outcome {
  const path = 'metadata.name'
  return { kind: 'refused', problems: [document.placed({ message, path, ...(hint === undefined ? {} : { hint }) })] }
}

async function putObject(controller: SourceController, document: Document, kind: ObjectKind): Promise<Outcome> {
  const object = document.manifest.resource
  if (document.name === '') return refused(document, `a ${kind} needs a name`)
  await controller.updateObject(kind, document.namespace, document.name, object, { upsert: true })
  return { kind: 'admitted', record: recordOf(document, document.name, 0) }
}

async function generate(controller: SourceController, task: Task, workflow: Workflow): Promise<Outcome> {
  const { document, path } = task
  const generation = generationOf(task)
  if (document.generateName === '') return refused(document, 'a Workflow needs a name or a generateName')
  for (let salt = 0; salt < saltsMax; salt++) {
    const name = generatedName(document.generateName, { path, hash: document.hash, generation, salt })
    if (await create(controller, task, workflow, name, generation))
      return { kind: 'admitted', record: recordOf(document, name, generation) }
  }
  return refused(document, `found no free name for generateName ${document.generateName}`)
}

async function admitNamed(controller: SourceController, task: Task, workflow: Workflow): Promise<Outcome> {
  const { document, before } = task
  const { namespace, name } = document
  const generation = generationOf(task)
  const record = recordOf(document, name, generation)
  const present = await controller.workflow(namespace, name, { nodes: false })
  if (present !== null && present.metadata.annotations?.[contentAnnotation] !== markOf(document, generation)) {
    if (before === undefined) return refused(document, `a workflow ${name} is there already, from elsewhere`)
    if (isFinished(present)) await controller.deleteWorkflow(namespace, name)
    else return editRunning(controller, task, before, workflow)
  }
  if (await create(controller, task, workflow, name, generation)) return { kind: 'admitted', record }
  return refused(document, `a workflow ${name} is there already, from elsewhere`)
}

async function editRunning(
  controller: SourceController,
  { document }: Task,
  before: DocumentRecord,
  workflow: Workflow,
): Promise<Outcome> {
  const { namespace, name } = document
  const { core, editable } = splitSpec(workflow.spec)
  if (core !== before.core) {
    const answer = refused(
      document,
      runningMessage(name),
      'delete the file, or save it again once the workflow has ended',
    )
    return { ...answer, record: { ...before, refusedHash: document.hash } } as Outcome
  }
  const changes = editsBetween(before.editable ?? {}, editable)
  if (Object.keys(changes).length > 0) await controller.operate(namespace, name, { kind: 'edit', ...changes })
  return { kind: 'admitted', record: recordOf(document, name, before.generation), note: 'changed while running' }
}

/** A field that was taken out is `null`; `shutdown` cannot be taken back. */
function editsBetween(before: NonNullable<DocumentRecord['editable']>, after: NonNullable<DocumentRecord['editable']>) {
  const changes: Record<string, unknown> = {}
  for (const field of ['suspend', 'parallelism', 'priority', 'activeDeadlineSeconds', 'shutdown'] as const) {
    if (before[field] === after[field]) continue
    if (after[field] !== undefined) changes[field] = after[field]
    else if (field !== 'shutdown') changes[field] = null
  }
  return changes
}

/** False where the name is somebody else's. A workflow that this very content made before a crash counts as made now. */
async function create(
  controller: SourceController,
  { document, path }: Task,
  workflow: Workflow,
  name: string,
  generation: number,
): Promise<boolean> {
  const annotations = { [sourceAnnotation]: path, [contentAnnotation]: markOf(document, generation) }
  try {
    await controller.createWorkflow(document.namespace, workflow, { name, annotations })
    return true
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'ALREADY_EXISTS') throw error
    const present = await controller.workflow(document.namespace, name, { nodes: false })
    const made = present?.metadata.annotations
    return made?.[contentAnnotation] === annotations[contentAnnotation] && made[sourceAnnotation] === path
  }
}

function recordOf(document: Document, name: string, generation: number): DocumentRecord {
  const { manifest, namespace, hash } = document
  const common = { kind: manifest.kind, namespace, name, hash, generation }
  return manifest.kind === 'Workflow' ? { ...common, ...splitSpec(manifest.resource.spec) } : common
}

const markOf = (document: Document, generation: number): string => `${document.hash}.${generation}`
const generationOf = ({ before, returned }: Task): number => (before?.generation ?? 0) + (returned ? 1 : 0)
const runningMessage = (name: string): string =>
  `workflow ${name} is running: only ${editableNames} may change until it has ended`

export const isFinished = (workflow: Workflow): boolean =>
  ['Succeeded', 'Failed', 'Error'].includes(workflow.status?.phase ?? '')
