/** What a client with selectors sees of a change: an object that starts matching is added, one that stops is deleted. */
import type { WatchEvent } from '../../controller/port.ts'
import type { ObjectSelector, Selectable } from '../objects/selectors.ts'
import { selects } from '../objects/selectors.ts'
import type { ChangeType } from './pending-changes.ts'

const keyOf = ({ namespace, name }: Pick<Selectable, 'namespace' | 'name'>): string => `${namespace}/${name}`

export class Transitions {
  readonly #selector: ObjectSelector
  /** Whether the client has an object, for those of which that is known. */
  readonly #known = new Map<string, boolean>()
  readonly #others: 'absent' | 'maybe'

  /** @param others whether the client may have an object of which nothing was told */
  constructor(selector: ObjectSelector, { others }: { readonly others: 'absent' | 'maybe' }) {
    this.#selector = selector
    this.#others = others
  }

  /** The client has seen this state of the object. */
  recall(object: Selectable): void {
    this.#known.set(keyOf(object), selects(this.#selector, object))
  }

  /** `null` where the client need not be told. */
  of(event: WatchEvent): ChangeType | null {
    // Neither namespace nor name change: what does not match but for its labels never will.
    if (!selects({ ...this.#selector, labels: [] }, event)) return null
    const key = keyOf(event)
    const isNew = event.type === 'ADDED' || this.#others === 'absent'
    const had = this.#known.get(key) ?? (isNew ? false : null)
    const matches = event.type !== 'DELETED' && selects(this.#selector, event)
    if (event.type === 'DELETED') this.#known.delete(key)
    else this.#known.set(key, matches)
    // Where nobody knows, a client takes no harm from a deletion too many or an addition instead of a change.
    if (!matches) return had === false ? null : 'DELETED'
    if (had === true) return 'MODIFIED'
    return had === null && this.#selector.labels.length === 0 ? event.type : 'ADDED'
  }
}
