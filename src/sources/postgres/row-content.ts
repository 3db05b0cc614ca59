/** A row's text as documents, with the name and the parameters that stand beside it in the row. */
import { defaultLimits } from '../../admission/index.ts'
import type { Problem } from '../../admission/index.ts'
import type { Manifest } from '../../admission/manifest.ts'
import type { Workflow } from '../../resources/index.ts'
import { hashOf } from '../rules/content.ts'
import { documentsOf } from '../rules/documents.ts'
import type { FileContent } from '../rules/documents.ts'
import { redactor } from './redacting.ts'
import { rowProblems } from './row.ts'
import type { ClaimedRow } from './row.ts'

/** Where a row's text is, or why it cannot be had. */
export type RowText = Uint8Array | { readonly unreadable: string }

export type RowContent = FileContent & {
  /** Takes what a Secret holds out of a problem of this row. */
  readonly clean: (problem: Problem) => Problem
}

/** Bytes of one manifest that is read at all. */
export const rowBytesMax = defaultLimits.maxFileBytes
const asIs = (problem: Problem): Problem => problem
const nothing = { documents: [], kinds: [], looksCutOff: false }

/** Of everything in the row that a content depends on. */
export function rowHash(row: ClaimedRow, text: RowText): string {
  const bytes = text instanceof Uint8Array ? hashOf(text) : text.unreadable
  return hashOf(JSON.stringify([bytes, row.name, row.parameters, isCronOn(row)]))
}

export function rowContent(row: ClaimedRow, text: RowText, at: { path: string; namespace: string }): RowContent {
  const hash = rowHash(row, text)
  const wrong = rowProblems(row)
  if (!(text instanceof Uint8Array)) {
    const problem = { message: text.unreadable, path: 'manifest' }
    return { ...nothing, hash, problems: wrong.length > 0 ? wrong : [problem], clean: asIs }
  }
  if (wrong.length > 0) return { ...nothing, hash, problems: wrong, clean: asIs }
  const content = documentsOf(text, { ...at, hash, adapt: (manifest) => adapted(manifest, row) })
  const workflows = content.kinds.filter((kind) => kind === 'Workflow').length
  const problems = [...content.problems]
  if (content.kinds.length === 0 && problems.length === 0) problems.push({ message: 'the manifest is empty' })
  if (problems.length === 0) problems.push(...misfits(row, workflows))
  const clean = redactor(text, content.kinds)
  return {
    ...content,
    documents: problems.length > 0 && isMisfit(row, workflows) ? [] : content.documents,
    problems,
    clean,
  }
}

const isMisfit = (row: ClaimedRow, workflows: number): boolean => misfits(row, workflows).length > 0

function misfits({ name, parameters }: ClaimedRow, workflows: number): readonly Problem[] {
  if (name && workflows !== 1)
    return [{ message: `name needs exactly one Workflow in the manifest, which has ${workflows}`, path: 'name' }]
  if (parameters !== null && workflows === 0)
    return [{ message: 'parameters need a Workflow in the manifest', path: 'parameters' }]
  return []
}

/** Cron workflows fire only where the row is to run. */
const isCronOn = ({ desired }: ClaimedRow): boolean => desired === 'running'

function adapted(manifest: Manifest, row: ClaimedRow): Manifest {
  if (manifest.kind === 'CronWorkflow' && !isCronOn(row)) {
    const { resource } = manifest
    return { ...manifest, resource: { ...resource, spec: { ...resource.spec, suspend: true } } }
  }
  if (manifest.kind !== 'Workflow') return manifest
  return { ...manifest, resource: withParameters(named(manifest.resource, row.name), row.parameters) }
}

function named(workflow: Workflow, name: string | null): Workflow {
  if (!name) return workflow
  const { generateName: _, ...metadata } = workflow.metadata ?? {}
  return { ...workflow, metadata: { ...metadata, name } }
}

/** As `--parameter` does: given ones replace those of the manifest, unknown names are added. */
function withParameters(workflow: Workflow, given: unknown): Workflow {
  const changed = Object.entries((given ?? {}) as Record<string, unknown>).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }))
  if (changed.length === 0) return workflow
  const names = new Set(changed.map(({ name }) => name))
  const kept = (workflow.spec?.arguments?.parameters ?? []).filter(({ name }) => !names.has(name))
  const parameters = [...changed, ...kept]
  return { ...workflow, spec: { ...workflow.spec, arguments: { ...workflow.spec?.arguments, parameters } } }
}
