/** The selectors of list and watch requests; what cannot be read is the client's mistake. */
import { matchesFields, parseFieldSelector } from '../../expressions/selectors/fields.ts'
import type { FieldSelector } from '../../expressions/selectors/fields.ts'
import { matchesLabelSelector, parseLabelSelector } from '../../expressions/selectors/labels.ts'
import type { LabelSelector } from '../../expressions/selectors/labels.ts'
import { invalid } from '../http/faults.ts'

export type Selectable = {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** @throws HttpFault 400 */
export function labelSelectorFrom(text: string | undefined): LabelSelector {
  const selector = parseLabelSelector(text ?? '')
  if (!selector.ok) throw invalid(selector.error)
  return selector.value
}

/** @throws HttpFault 400, also for a field that is not among `known` */
export function fieldSelectorFrom(text: string | undefined, known: readonly string[]): FieldSelector {
  const selector = parseFieldSelector(text ?? '')
  if (!selector.ok) throw invalid(selector.error)
  const unknown = selector.value.find(({ field }) => !known.includes(field))
  if (unknown !== undefined) throw invalid(`unsupported requirement ${unknown.field}`)
  return selector.value
}

export type ObjectSelector = {
  readonly namespace: string
  readonly labels: LabelSelector
  readonly fields: FieldSelector
}

export const selectsEverything = ({ namespace, labels, fields }: ObjectSelector): boolean =>
  namespace === '' && labels.length === 0 && fields.length === 0

/** Namespace (every one if empty), label selector and field selector (`metadata.name`, `metadata.namespace`) together. */
export function selects(selector: ObjectSelector, object: Selectable): boolean {
  if (selector.namespace !== '' && object.namespace !== selector.namespace) return false
  const valueOf = (field: string) => (field === 'metadata.name' ? object.name : object.namespace)
  return matchesFields(selector.fields, valueOf) && matchesLabelSelector(selector.labels, object.labels)
}
