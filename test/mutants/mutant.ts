/** A small mistake, put into the sources alone: what our tests must notice. */
import type { Kind } from '../simulation/scenario.ts'

export type Mutant = {
  readonly name: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Kind of the seeds that it is looked for in; absent or `null`: each seed is of the kind that it has drawn. */
  readonly kind?: Kind | null
  /** Files of tests that are to notice it, or folders of them; without a kind: because the simulation does not know this part. */
  readonly tests?: readonly string[]
}
