/** A small mistake, put into the sources alone: what our tests must notice. */
import type { Kind } from '../simulation/scenario.ts'

export type Mutant = {
  readonly name: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Kind of the seeds that it is looked for in; absent: each seed is of the kind that it has drawn. */
  readonly kind?: Kind
  /** The simulation does not know this part: files of tests that are to notice it, or folders of them. */
  readonly tests?: readonly string[]
}
