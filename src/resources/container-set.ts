/** Several containers of one pod, in an order. */
import { VolumeMountSchema, containerFields } from './container.ts'
import { type Static, intOrText, list, object, text } from './schema.ts'

export const ContainerNodeSchema = object(
  'ContainerNode',
  { name: text() },
  { ...containerFields, dependencies: list(text()) },
)
export type ContainerNode = Static<typeof ContainerNodeSchema>

export const ContainerSetRetryStrategySchema = object(
  'ContainerSetRetryStrategy',
  { retries: intOrText() },
  { duration: text() },
)
export type ContainerSetRetryStrategy = Static<typeof ContainerSetRetryStrategySchema>

export const ContainerSetTemplateSchema = object(
  'ContainerSetTemplate',
  { containers: list(ContainerNodeSchema) },
  { retryStrategy: ContainerSetRetryStrategySchema, volumeMounts: list(VolumeMountSchema) },
)
export type ContainerSetTemplate = Static<typeof ContainerSetTemplateSchema>
