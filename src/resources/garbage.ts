/** What is cleaned up after a workflow and when. */
import { LabelSelectorSchema, MetadataSchema } from './meta.ts'
import { type Static, bool, choice, int32, object, text } from './schema.ts'

export const TTLStrategySchema = object('TTLStrategy', {
  secondsAfterCompletion: int32(),
  secondsAfterSuccess: int32(),
  secondsAfterFailure: int32(),
})
export type TTLStrategy = Static<typeof TTLStrategySchema>

export const PodGCSchema = object('PodGC', {
  strategy: choice(['OnPodCompletion', 'OnPodSuccess', 'OnWorkflowCompletion', 'OnWorkflowSuccess']),
  labelSelector: LabelSelectorSchema,
  deleteDelayDuration: text(),
})
export type PodGC = Static<typeof PodGCSchema>

export const VolumeClaimGCSchema = object('VolumeClaimGC', {
  strategy: choice(['OnWorkflowCompletion', 'OnWorkflowSuccess']),
})
export type VolumeClaimGC = Static<typeof VolumeClaimGCSchema>

export const WorkflowLevelArtifactGCSchema = object('WorkflowLevelArtifactGC', {
  strategy: choice(['OnWorkflowCompletion', 'OnWorkflowDeletion', 'Never']),
  podMetadata: MetadataSchema,
  serviceAccountName: text(),
  forceFinalizerRemoval: bool(),
  podSpecPatch: text(),
})
export type WorkflowLevelArtifactGC = Static<typeof WorkflowLevelArtifactGCSchema>
