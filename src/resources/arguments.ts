/** What a template takes in, is given and gives out. */
import { ArtifactSchema } from './artifact.ts'
import { ParameterSchema } from './parameter.ts'
import { type Static, list, object, text } from './schema.ts'

export const ArgumentsSchema = object(
  'Arguments',
  {},
  { artifacts: list(ArtifactSchema), parameters: list(ParameterSchema) },
)
export type Arguments = Static<typeof ArgumentsSchema>

export const InputsSchema = object('Inputs', {}, { artifacts: list(ArtifactSchema), parameters: list(ParameterSchema) })
export type Inputs = Static<typeof InputsSchema>

export const OutputsSchema = object(
  'Outputs',
  {},
  { artifacts: list(ArtifactSchema), exitCode: text(), parameters: list(ParameterSchema), result: text() },
)
export type Outputs = Static<typeof OutputsSchema>
