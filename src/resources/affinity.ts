/** Affinity: accepted and kept; on one host it has no effect. */
import { LabelSelectorSchema } from './meta.ts'
import { type Static, int32, list, object, text } from './schema.ts'

export const NodeSelectorRequirementSchema = object(
  'NodeSelectorRequirement',
  { key: text(), operator: text() },
  { values: list(text()) },
)
export type NodeSelectorRequirement = Static<typeof NodeSelectorRequirementSchema>

export const NodeSelectorTermSchema = object(
  'NodeSelectorTerm',
  {},
  { matchExpressions: list(NodeSelectorRequirementSchema), matchFields: list(NodeSelectorRequirementSchema) },
)
export type NodeSelectorTerm = Static<typeof NodeSelectorTermSchema>

export const NodeSelectorSchema = object('NodeSelector', { nodeSelectorTerms: list(NodeSelectorTermSchema) }, {})
export type NodeSelector = Static<typeof NodeSelectorSchema>

export const PreferredSchedulingTermSchema = object(
  'PreferredSchedulingTerm',
  { preference: NodeSelectorTermSchema, weight: int32() },
  {},
)
export type PreferredSchedulingTerm = Static<typeof PreferredSchedulingTermSchema>

export const NodeAffinitySchema = object(
  'NodeAffinity',
  {},
  {
    preferredDuringSchedulingIgnoredDuringExecution: list(PreferredSchedulingTermSchema),
    requiredDuringSchedulingIgnoredDuringExecution: NodeSelectorSchema,
  },
)
export type NodeAffinity = Static<typeof NodeAffinitySchema>

export const PodAffinityTermSchema = object(
  'PodAffinityTerm',
  { topologyKey: text() },
  {
    labelSelector: LabelSelectorSchema,
    matchLabelKeys: list(text()),
    mismatchLabelKeys: list(text()),
    namespaceSelector: LabelSelectorSchema,
    namespaces: list(text()),
  },
)
export type PodAffinityTerm = Static<typeof PodAffinityTermSchema>

export const WeightedPodAffinityTermSchema = object(
  'WeightedPodAffinityTerm',
  { podAffinityTerm: PodAffinityTermSchema, weight: int32() },
  {},
)
export type WeightedPodAffinityTerm = Static<typeof WeightedPodAffinityTermSchema>

export const PodAffinitySchema = object(
  'PodAffinity',
  {},
  {
    preferredDuringSchedulingIgnoredDuringExecution: list(WeightedPodAffinityTermSchema),
    requiredDuringSchedulingIgnoredDuringExecution: list(PodAffinityTermSchema),
  },
)
export type PodAffinity = Static<typeof PodAffinitySchema>

export const PodAntiAffinitySchema = object(
  'PodAntiAffinity',
  {},
  {
    preferredDuringSchedulingIgnoredDuringExecution: list(WeightedPodAffinityTermSchema),
    requiredDuringSchedulingIgnoredDuringExecution: list(PodAffinityTermSchema),
  },
)
export type PodAntiAffinity = Static<typeof PodAntiAffinitySchema>

export const AffinitySchema = object(
  'Affinity',
  {},
  { nodeAffinity: NodeAffinitySchema, podAffinity: PodAffinitySchema, podAntiAffinity: PodAntiAffinitySchema },
)
export type Affinity = Static<typeof AffinitySchema>
