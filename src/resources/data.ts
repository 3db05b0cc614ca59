/** The data template. */
import { ArtifactPathsSchema } from './artifact.ts'
import { type Static, list, object, text } from './schema.ts'

export const DataSourceSchema = object('DataSource', { artifactPaths: ArtifactPathsSchema })
export type DataSource = Static<typeof DataSourceSchema>

export const TransformationStepSchema = object('TransformationStep', { expression: text() }, ['expression'])
export type TransformationStep = Static<typeof TransformationStepSchema>

export const DataSchema = object('Data', { source: DataSourceSchema, transformation: list(TransformationStepSchema) }, [
  'source',
  'transformation',
])
export type Data = Static<typeof DataSchema>
