/** An artifact: a file or folder that passes between nodes. */
import { artifactLocationFields } from './artifact-location.ts'
import { MetadataSchema } from './meta.ts'
import { type Static, bool, choice, int32, object, text } from './schema.ts'

export const NoneStrategySchema = object('NoneStrategy', {})
export type NoneStrategy = Static<typeof NoneStrategySchema>

export const TarStrategySchema = object('TarStrategy', { compressionLevel: int32() })
export type TarStrategy = Static<typeof TarStrategySchema>

export const ZipStrategySchema = object('ZipStrategy', {})
export type ZipStrategy = Static<typeof ZipStrategySchema>

export const ArchiveStrategySchema = object('ArchiveStrategy', {
  tar: TarStrategySchema,
  none: NoneStrategySchema,
  zip: ZipStrategySchema,
})
export type ArchiveStrategy = Static<typeof ArchiveStrategySchema>

export const ArtifactGCSchema = object('ArtifactGC', {
  strategy: choice(['OnWorkflowCompletion', 'OnWorkflowDeletion', 'Never']),
  podMetadata: MetadataSchema,
  serviceAccountName: text(),
})
export type ArtifactGC = Static<typeof ArtifactGCSchema>

/** The fields of Artifact, also for the types that embed it. */
export const artifactFields = {
  name: text('Unique in its list.'),
  path: text('Path in the container.'),
  mode: int32('Permission bits of the file, e.g. 0644 (420).'),
  from: text('Tag of another artifact, e.g. `{{tasks.a.outputs.artifacts.b}}`.'),
  ...artifactLocationFields,
  globalName: text(),
  archive: ArchiveStrategySchema,
  optional: bool('No error if it does not exist.'),
  subPath: text('Path inside the artifact.'),
  recurseMode: bool(),
  fromExpression: text('Expression that gives an artifact.'),
  artifactGC: ArtifactGCSchema,
  deleted: bool(),
}

export const ArtifactSchema = object('Artifact', artifactFields, ['name'])
export type Artifact = Static<typeof ArtifactSchema>

export const ArtifactPathsSchema = object('ArtifactPaths', { ...artifactFields }, ['name'])
export type ArtifactPaths = Static<typeof ArtifactPathsSchema>
