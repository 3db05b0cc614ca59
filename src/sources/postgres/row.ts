/** A row as it is claimed, and what it asks for. */
import { nearest } from '../../admission/index.ts'
import type { Problem } from '../../admission/index.ts'

export const desiredStates = ['running', 'suspended', 'stopped', 'terminated', 'deleted'] as const
export type DesiredState = (typeof desiredStates)[number]

/** Ids and generations are bigints, kept as the texts that Postgres sends. */
export type ClaimedRow = {
  readonly id: string
  readonly generation: string
  /** As written: any text. */
  readonly desired: string
  /** What was carried out last; `null`: the row is new. */
  readonly observedState: string | null
  readonly name: string | null
  readonly parameters: unknown
  /** Of the manifest as text. */
  readonly sizeBytes: number
  /** Why there is no manifest to read. */
  readonly fault: 'none' | 'both' | null
}

export const isDesired = (text: string): text is DesiredState => (desiredStates as readonly string[]).includes(text)

/** What is wrong with the row beside its manifest. */
export function rowProblems(row: ClaimedRow): readonly Problem[] {
  const problems: Problem[] = []
  if (row.fault === 'none') problems.push({ message: 'manifest and manifest_yaml are both null', path: 'manifest' })
  if (row.fault === 'both') problems.push({ message: 'manifest and manifest_yaml are both set', path: 'manifest' })
  if (!isDesired(row.desired)) {
    const near = nearest(row.desired, desiredStates)
    const hint = near === undefined ? `there are ${desiredStates.join(', ')}` : `did you mean "${near}"?`
    problems.push({ message: `unknown desired_state "${row.desired}"`, path: 'desired_state', hint })
  }
  const { parameters } = row
  if (parameters !== null && (typeof parameters !== 'object' || Array.isArray(parameters)))
    problems.push({ message: 'parameters must be an object of names and values', path: 'parameters' })
  return problems
}
