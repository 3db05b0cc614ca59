/** What a template takes in, is given and gives out. */
import { ArtifactSchema } from './artifact.ts'
import { ParameterSchema } from './parameter.ts'
import { type Static, list, object, text } from './schema.ts'

export const ArgumentsSchema = object('Arguments', {
  parameters: list(ParameterSchema),
  artifacts: list(ArtifactSchema),
})
export type Arguments = Static<typeof ArgumentsSchema>

export const InputsSchema = object('Inputs', { parameters: list(ParameterSchema), artifacts: list(ArtifactSchema) })
export type Inputs = Static<typeof InputsSchema>

export const OutputsSchema = object('Outputs', {
  parameters: list(ParameterSchema),
  artifacts: list(ArtifactSchema),
  result: text(),
  exitCode: text(),
})
export type Outputs = Static<typeof OutputsSchema>
