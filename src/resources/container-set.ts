/** Several containers of one pod, in an order. */
import { VolumeMountSchema, containerFields } from './container.ts'
import { type Static, intOrText, list, object, text } from './schema.ts'

export const ContainerNodeSchema = object('ContainerNode', { ...containerFields, dependencies: list(text()) }, ['name'])
export type ContainerNode = Static<typeof ContainerNodeSchema>

export const ContainerSetRetryStrategySchema = object(
  'ContainerSetRetryStrategy',
  { duration: text(), retries: intOrText() },
  ['retries'],
)
export type ContainerSetRetryStrategy = Static<typeof ContainerSetRetryStrategySchema>

export const ContainerSetTemplateSchema = object(
  'ContainerSetTemplate',
  {
    containers: list(ContainerNodeSchema),
    volumeMounts: list(VolumeMountSchema),
    retryStrategy: ContainerSetRetryStrategySchema,
  },
  ['containers'],
)
export type ContainerSetTemplate = Static<typeof ContainerSetTemplateSchema>
