/** What a group of commits asks beside its rows: what must still be so, whose a workflow becomes, what others are told. */
import type { StoreEvent } from '../port.ts'
import { bigintArray, textArray } from './binary-array.ts'

type Value = string | number | Buffer | null
type Expected = { readonly kind: string; readonly namespace: string; readonly name: string; readonly version: number }

export class FleetBatch {
  readonly #there = new Map<number, number | null>()
  readonly #made = new Set<number>()
  readonly #owners = new Map<number, string>()
  readonly #expected: Expected[] = []
  /** By version, counted as in the group. */
  readonly #events = new Map<number, StoreEvent>()

  /** Nothing to be checked: no version is expected, and who commits is alone. */
  get isEmpty(): boolean {
    return this.#there.size === 0 && this.#expected.length === 0
  }

  /** A workflow that was there before the group. @param version that it must have; `null`: ours, and unfinished */
  touch(no: number, version: number | null): void {
    if (!this.#made.has(no) && !this.#there.has(no)) this.#there.set(no, version)
  }

  make(no: number): void {
    this.#made.add(no)
  }

  own(no: number, owner: string): void {
    this.#owners.set(no, owner)
  }

  expect(expected: Expected): void {
    this.#expected.push(expected)
  }

  tell(event: StoreEvent): void {
    const before = this.#events.get(event.resourceVersion)
    if (before?.type === 'ADDED' && event.type === 'MODIFIED') return
    this.#events.set(event.resourceVersion, event)
  }

  /** Values for `drydock_enter`, after lease and epoch. */
  enterValues(): readonly Value[] {
    return [
      bigintArray([...this.#there.keys()]),
      bigintArray([...this.#there.values()]),
      textArray(this.#expected.map(({ kind }) => kind)),
      textArray(this.#expected.map(({ namespace }) => namespace)),
      textArray(this.#expected.map(({ name }) => name)),
      bigintArray(this.#expected.map(({ version }) => version)),
    ]
  }

  /** Values for `drydock_settle`, after version and lease. */
  settleValues(): readonly Value[] {
    const events = [...this.#events.values()]
    const texts = (of: (event: StoreEvent) => string | null) => textArray(events.map(of))
    return [
      bigintArray([...this.#owners.keys()]),
      textArray([...this.#owners.values()]),
      bigintArray([...this.#events.keys()]),
      texts(({ type }) => type),
      texts(({ kind }) => kind),
      texts(({ namespace }) => namespace),
      texts(({ name }) => name),
      texts(({ uid }) => uid ?? null),
    ]
  }
}
