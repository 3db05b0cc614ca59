// All a running expression changes, with its limits.

import { panic } from './values.ts'
import type { Outside, StringMap } from './values.ts'

export type LoopState = { readonly items: readonly unknown[]; index: number; acc: unknown }

/** All a running expression changes. */
export class Frame {
  readonly env: StringMap
  readonly outside: Outside | null
  readonly vars: unknown[]
  loop: LoopState | null = null
  /** Where the last thing that could fail happened. */
  at = 0
  #memory = 0

  constructor(env: StringMap, outside: Outside | null, varCount: number) {
    this.env = env
    this.outside = outside
    this.vars = new Array<unknown>(varCount).fill(null)
  }

  /** Elements made so far are limited, as in expr-lang. */
  grow(size: number): void {
    this.#memory += size
    if (this.#memory >= MEMORY_MAX) panic('memory budget exceeded')
  }
}

const MEMORY_MAX = 1_000_000

export type Code = (frame: Frame) => unknown
