/** All documents of one file: what is new is admitted, what is gone is removed, and what came of it becomes the record. */
import type { Problem } from '../../admission/index.ts'
import { admitDocument } from './admitting.ts'
import type { SourceController, Outcome, Task } from './admitting.ts'
import type { Document, FileContent } from './documents.ts'
import { ranMax } from './records.ts'
import type { DocumentRecord, FileRecord } from './records.ts'
import { referenceText } from './references.ts'
import { removeDocument } from './removing.ts'

/** Who may define what: the first file that defines a name keeps it. */
export interface Claims {
  /** The other file that has it, or `null` where it is ours now. */
  claim(key: string, path: string): string | null
  release(key: string, path: string): void
}

export type FileOutcome = {
  readonly record: FileRecord
  readonly problems: readonly Problem[]
  readonly notes: readonly string[]
  /** Templates that are still missing, as texts; the file is to be tried again. */
  readonly waitsFor: readonly string[]
}

/** ConfigMaps and the like first, then templates, then what refers to them. */
const order = [
  'ConfigMap',
  'Secret',
  'PersistentVolumeClaim',
  'ClusterWorkflowTemplate',
  'WorkflowTemplate',
  'WorkflowEventBinding',
  'CronWorkflow',
  'Workflow',
]
export const rankOf = (document: Document): number => order.indexOf(document.manifest.kind)

export type FileTask = {
  readonly path: string
  readonly content: FileContent
  readonly before: FileRecord | undefined
  readonly mayWait: boolean
  readonly touched: boolean
}

export async function admitFile(controller: SourceController, claims: Claims, task: FileTask): Promise<FileOutcome> {
  const { path, content, before } = task
  const documents = content.documents.toSorted((a, b) => rankOf(a) - rankOf(b))
  const outcomes: (readonly [Document, Outcome])[] = []
  const named = new Set<string>()
  for (const document of documents) {
    const key = keyOf(document)
    const twice = document.name !== '' && named.has(key)
    named.add(key)
    const owner = document.name === '' ? null : claims.claim(key, path)
    if (twice || owner !== null) outcomes.push([document, takenName(document, owner)])
    else outcomes.push([document, await admitDocument(controller, taskOf(document, task))])
  }
  // A file with a mistake in it removes nothing: the mistake may be what hides the document.
  const isWhole = content.problems.length === 0
  const kept = await removeAbsent(controller, claims, path, before, named, isWhole)
  return summary(content, before, outcomes, kept)
}

const keyOf = ({ manifest, namespace, name }: Document): string => `${manifest.kind}/${namespace}/${name}`
export const recordKey = ({ kind, namespace, name }: DocumentRecord): string => `${kind}/${namespace}/${name}`

function taskOf(document: Document, { path, before, mayWait, touched }: FileTask): Task {
  const known =
    document.name === ''
      ? before?.ran.findLast(({ hash }) => hash === document.hash)
      : before?.documents.find((record) => recordKey(record) === keyOf(document))
  return {
    document,
    path,
    before: known,
    returned: before?.gone === true && known?.kind === 'Workflow',
    mayWait,
    touched,
  }
}

function takenName(document: Document, owner: string | null): Outcome {
  const message =
    owner === null
      ? `${document.name} is defined twice in this file`
      : `${document.name} is defined by ${owner} already`
  return { kind: 'refused', problems: [document.placed({ message, path: 'metadata.name' })] }
}

/** Named documents that the file no longer has. Workflows of `generateName` go on: their file is still there. */
async function removeAbsent(
  controller: SourceController,
  claims: Claims,
  path: string,
  before: FileRecord | undefined,
  named: ReadonlySet<string>,
  isWhole: boolean,
): Promise<readonly DocumentRecord[]> {
  const absent = (before?.documents ?? []).filter((record) => !named.has(recordKey(record)))
  if (!isWhole) return absent
  for (const record of absent) {
    await removeDocument(controller, record)
    claims.release(recordKey(record), path)
  }
  return []
}

function summary(
  content: FileContent,
  before: FileRecord | undefined,
  outcomes: readonly (readonly [Document, Outcome])[],
  kept: readonly DocumentRecord[],
): FileOutcome {
  const documents: DocumentRecord[] = [...kept]
  const ran = [...(before?.ran ?? [])]
  const problems = [...content.problems]
  const notes: string[] = []
  const waitsFor: string[] = []
  for (const [document, outcome] of outcomes) {
    if (outcome.kind === 'waiting') waitsFor.push(...outcome.missing.map(referenceText))
    if (outcome.kind === 'refused') problems.push(...outcome.problems)
    if (outcome.kind === 'admitted' && outcome.note !== undefined) notes.push(outcome.note)
    const record = outcome.kind === 'waiting' ? undefined : outcome.record
    const previous = before?.documents.find((one) => recordKey(one) === keyOf(document))
    if (document.name !== '') {
      if (record !== undefined || previous !== undefined) documents.push((record ?? previous) as DocumentRecord)
    } else if (record !== undefined) {
      const at = ran.findIndex(({ hash }) => hash === record.hash)
      if (at >= 0) ran.splice(at, 1)
      ran.push(record)
    }
  }
  const settled = problems.length === 0 && waitsFor.length === 0
  return { record: { hash: content.hash, settled, documents, ran: ran.slice(-ranMax) }, problems, notes, waitsFor }
}

/** The file is gone: `null` where nothing of it stays, else what must be remembered should it come back. */
export async function retireFile(
  controller: SourceController,
  claims: Claims,
  path: string,
  before: FileRecord,
): Promise<FileRecord | null> {
  const staying: DocumentRecord[] = []
  for (const record of [...before.documents, ...before.ran]) {
    if (await removeDocument(controller, record)) staying.push(record)
    claims.release(recordKey(record), path)
  }
  if (staying.length === 0) return null
  const stays = (record: DocumentRecord) => staying.includes(record)
  return {
    hash: '',
    settled: false,
    gone: true,
    documents: before.documents.filter(stays),
    ran: before.ran.filter(stays),
  }
}
