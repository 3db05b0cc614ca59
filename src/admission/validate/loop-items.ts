/** The `item` of a step or task that loops. */
import type { Sequence } from '../../resources/index.ts'
import { type Place, inside } from './fault.ts'
import { type Scope, anyItem } from './scope.ts'

export type Loop = {
  readonly withItems?: readonly unknown[] | undefined
  readonly withParam?: string | undefined
  readonly withSequence?: Sequence | undefined
}

/** A loop over given values or a list: its outputs come as lists. */
export const aggregates = ({ withItems, withParam }: Loop): boolean =>
  (withItems ?? []).length > 0 || Boolean(withParam)

const loopFields = ['withItems', 'withParam', 'withSequence']

/** Where the loop is written; of several, the first. */
export function loopPlace(loop: Loop, place: Place): Place {
  return inside(
    place,
    ...Object.keys(loop)
      .filter((field) => loopFields.includes(field))
      .slice(0, 1),
  )
}

/** Adds the names that the loop gives; the fault's words where there is one. */
export function addItems(scope: Scope, { withItems = [], withParam, withSequence }: Loop): string | null {
  const ways = [withItems.length > 0, Boolean(withParam), withSequence !== undefined].filter(Boolean).length
  if (ways > 1) return 'only one of withItems, withParam, withSequence can be specified'
  if (withParam) scope.add('item', anyItem)
  if (withSequence) {
    if (withSequence.count !== undefined && withSequence.end !== undefined) {
      return 'only one of count or end can be defined in withSequence'
    }
    scope.add('item')
  }
  for (const item of withItems) {
    if (Array.isArray(item)) scope.add(...item.map((_, index) => `item.[${index}]`))
    else if (typeof item === 'object' && item !== null) scope.add(...Object.keys(item).map((key) => `item.${key}`))
    else if (item !== null) scope.add('item')
  }
  return null
}
