/** What passes between the store and its writer thread. */
import type { StoreFault } from '../fault.ts'
import type { Outcome, WireCommit } from '../wire.ts'

export type WriterOptions = {
  readonly path: string
  readonly busyTimeoutMs: number
  /** Pages of 4 KiB the database may grow to; 0 for no limit. */
  readonly pagesMax: number
  /** Migrations that are due are applied; otherwise they are an error. */
  readonly mayMigrate: boolean
}

export type Request =
  | { readonly kind: 'commit'; readonly commits: readonly WireCommit[]; /** About. */ readonly sizeBytes: number }
  | { readonly kind: 'close' }

export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly fault: StoreFault }
  | { readonly kind: 'done'; readonly outcomes: readonly Outcome[] }
  | { readonly kind: 'closed' }
