/** Parameters: the values that pass between nodes. */
import { ConfigMapKeySelectorSchema } from './meta.ts'
import { type Static, anyText, list, object, text } from './schema.ts'

export const SuppliedValueFromSchema = object('SuppliedValueFrom', {})
export type SuppliedValueFrom = Static<typeof SuppliedValueFromSchema>

export const ValueFromSchema = object('ValueFrom', {
  path: text('File in the container that holds the value.'),
  jsonPath: text('JSONPath into the object of a resource template.'),
  jqFilter: text('jq filter over the object of a resource template.'),
  event: text('Expression over the event’s payload.'),
  parameter: text('Tag of another output, e.g. `{{steps.a.outputs.parameters.b}}`.'),
  supplied: SuppliedValueFromSchema,
  configMapKeyRef: ConfigMapKeySelectorSchema,
  default: anyText('Value if the source gives none.'),
  expression: text('Expression that gives the value.'),
})
export type ValueFrom = Static<typeof ValueFromSchema>

export const ParameterSchema = object(
  'Parameter',
  {
    name: text('Unique in its list.'),
    default: anyText('Value if none is given.'),
    value: anyText('The value; any scalar, kept as text.'),
    valueFrom: ValueFromSchema,
    globalName: text('Also keep it as `workflow.outputs.parameters.NAME`.'),
    enum: list(anyText(), 'Values that are allowed.'),
    description: anyText(),
  },
  ['name'],
)
export type Parameter = Static<typeof ParameterSchema>
