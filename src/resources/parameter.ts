/** Parameters: the values that pass between nodes. */
import { ConfigMapKeySelectorSchema } from './meta.ts'
import { type Static, anyText, list, object, text } from './schema.ts'

export const SuppliedValueFromSchema = object('SuppliedValueFrom', {}, {})
export type SuppliedValueFrom = Static<typeof SuppliedValueFromSchema>

export const ValueFromSchema = object(
  'ValueFrom',
  {},
  {
    configMapKeyRef: ConfigMapKeySelectorSchema,
    default: anyText('Value if the source gives none.'),
    event: text('Expression over the event’s payload.'),
    expression: text('Expression that gives the value.'),
    jqFilter: text('jq filter over the object of a resource template.'),
    jsonPath: text('JSONPath into the object of a resource template.'),
    parameter: text('Tag of another output, e.g. `{{steps.a.outputs.parameters.b}}`.'),
    path: text('File in the container that holds the value.'),
    supplied: SuppliedValueFromSchema,
  },
)
export type ValueFrom = Static<typeof ValueFromSchema>

export const ParameterSchema = object(
  'Parameter',
  { name: text('Unique in its list.') },
  {
    default: anyText('Value if none is given.'),
    description: anyText(),
    enum: list(anyText(), 'Values that are allowed.'),
    globalName: text('Also keep it as `workflow.outputs.parameters.NAME`.'),
    value: anyText('The value; any scalar, kept as text.'),
    valueFrom: ValueFromSchema,
  },
)
export type Parameter = Static<typeof ParameterSchema>
