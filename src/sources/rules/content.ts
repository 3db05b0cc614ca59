/** What tells one content from another, and the names that follow from it. */
import { createHash } from 'node:crypto'
import type { Workflow } from '../../resources/index.ts'

/** The letters that Kubernetes draws suffixes from. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const suffixLength = 5

export const hashOf = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex').slice(0, 32)

/** Of a document's value: layout and comments do not count. `ordinal`: which of several equal ones in the file. */
export const documentHash = (kind: string, resource: unknown, ordinal: number): string =>
  hashOf(`${kind}\n${ordinal}\n${JSON.stringify(resource)}`)

/**
 * A name for `generateName` that is the same whenever the same content is met again, so that a crash between creating
 * and remembering creates nothing twice.
 * @param salt 0 unless the name before was somebody else's
 */
export function generatedName(
  prefix: string,
  from: { readonly path: string; readonly hash: string; readonly generation: number; readonly salt: number },
): string {
  const digest = createHash('sha256').update(`${from.path}\n${from.hash}\n${from.generation}\n${from.salt}`).digest()
  const letters = [...digest.subarray(0, suffixLength)].map((byte) => alphabet[byte % alphabet.length])
  return `${prefix}${letters.join('')}`
}

/** What may change while a workflow runs. */
export type EditableFields = {
  readonly suspend?: boolean
  readonly shutdown?: string
  readonly parallelism?: number
  readonly priority?: number
  readonly activeDeadlineSeconds?: number
}

/** `core`: hash of all of the spec that may not change while it runs. */
export function splitSpec(spec: Workflow['spec']): { readonly core: string; readonly editable: EditableFields } {
  const { suspend, shutdown, parallelism, priority, activeDeadlineSeconds, ...rest } = spec
  const editable = { suspend, shutdown, parallelism, priority, activeDeadlineSeconds: numberOf(activeDeadlineSeconds) }
  return { core: hashOf(JSON.stringify(rest)), editable: JSON.parse(JSON.stringify(editable)) as EditableFields }
}

const numberOf = (value: unknown): number | undefined =>
  value === undefined || value === null ? undefined : Number(value)
