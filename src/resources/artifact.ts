/** An artifact: a file or folder that passes between nodes. */
import { artifactLocationFields } from './artifact-location.ts'
import { MetadataSchema } from './meta.ts'
import { type Static, bool, choice, int32, object, text } from './schema.ts'

export const NoneStrategySchema = object('NoneStrategy', {}, {})
export type NoneStrategy = Static<typeof NoneStrategySchema>

export const TarStrategySchema = object('TarStrategy', {}, { compressionLevel: int32() })
export type TarStrategy = Static<typeof TarStrategySchema>

export const ZipStrategySchema = object('ZipStrategy', {}, {})
export type ZipStrategy = Static<typeof ZipStrategySchema>

export const ArchiveStrategySchema = object(
  'ArchiveStrategy',
  {},
  { none: NoneStrategySchema, tar: TarStrategySchema, zip: ZipStrategySchema },
)
export type ArchiveStrategy = Static<typeof ArchiveStrategySchema>

export const ArtifactGCSchema = object(
  'ArtifactGC',
  {},
  {
    podMetadata: MetadataSchema,
    serviceAccountName: text(),
    strategy: choice(['OnWorkflowCompletion', 'OnWorkflowDeletion', 'Never']),
  },
)
export type ArtifactGC = Static<typeof ArtifactGCSchema>

/** The optional fields of Artifact, for the types that embed it. */
export const artifactFields = {
  ...artifactLocationFields,
  archive: ArchiveStrategySchema,
  artifactGC: ArtifactGCSchema,
  deleted: bool(),
  from: text('Tag of another artifact, e.g. `{{tasks.a.outputs.artifacts.b}}`.'),
  fromExpression: text('Expression that gives an artifact.'),
  globalName: text(),
  mode: int32('Permission bits of the file, e.g. 0644 (420).'),
  optional: bool('No error if it does not exist.'),
  path: text('Path in the container.'),
  recurseMode: bool(),
  subPath: text('Path inside the artifact.'),
}

export const ArtifactSchema = object('Artifact', { name: text('Unique in its list.') }, { ...artifactFields })
export type Artifact = Static<typeof ArtifactSchema>

export const ArtifactPathsSchema = object('ArtifactPaths', { name: text() }, { ...artifactFields })
export type ArtifactPaths = Static<typeof ArtifactPathsSchema>
