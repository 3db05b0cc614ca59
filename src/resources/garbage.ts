/** What is cleaned up after a workflow and when. */
import { LabelSelectorSchema, MetadataSchema } from './meta.ts'
import { type Static, bool, choice, int32, object, text } from './schema.ts'

export const TTLStrategySchema = object(
  'TTLStrategy',
  {},
  { secondsAfterCompletion: int32(), secondsAfterFailure: int32(), secondsAfterSuccess: int32() },
)
export type TTLStrategy = Static<typeof TTLStrategySchema>

export const PodGCSchema = object(
  'PodGC',
  {},
  {
    deleteDelayDuration: text(),
    labelSelector: LabelSelectorSchema,
    strategy: choice(['OnPodCompletion', 'OnPodSuccess', 'OnWorkflowCompletion', 'OnWorkflowSuccess']),
  },
)
export type PodGC = Static<typeof PodGCSchema>

export const VolumeClaimGCSchema = object(
  'VolumeClaimGC',
  {},
  { strategy: choice(['OnWorkflowCompletion', 'OnWorkflowSuccess']) },
)
export type VolumeClaimGC = Static<typeof VolumeClaimGCSchema>

export const WorkflowLevelArtifactGCSchema = object(
  'WorkflowLevelArtifactGC',
  {},
  {
    forceFinalizerRemoval: bool(),
    podMetadata: MetadataSchema,
    podSpecPatch: text(),
    serviceAccountName: text(),
    strategy: choice(['OnWorkflowCompletion', 'OnWorkflowDeletion', 'Never']),
  },
)
export type WorkflowLevelArtifactGC = Static<typeof WorkflowLevelArtifactGCSchema>
