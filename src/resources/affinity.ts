/** Affinity: accepted and kept; on one host it has no effect. */
import { LabelSelectorSchema } from './meta.ts'
import { type Static, int32, kubernetesObject, list, text } from './schema.ts'

export const NodeSelectorRequirementSchema = kubernetesObject(
  'NodeSelectorRequirement',
  { key: text(), operator: text(), values: list(text()) },
  ['key', 'operator'],
)
export type NodeSelectorRequirement = Static<typeof NodeSelectorRequirementSchema>

export const NodeSelectorTermSchema = kubernetesObject('NodeSelectorTerm', {
  matchExpressions: list(NodeSelectorRequirementSchema),
  matchFields: list(NodeSelectorRequirementSchema),
})
export type NodeSelectorTerm = Static<typeof NodeSelectorTermSchema>

export const NodeSelectorSchema = kubernetesObject(
  'NodeSelector',
  { nodeSelectorTerms: list(NodeSelectorTermSchema) },
  ['nodeSelectorTerms'],
)
export type NodeSelector = Static<typeof NodeSelectorSchema>

export const PreferredSchedulingTermSchema = kubernetesObject(
  'PreferredSchedulingTerm',
  { weight: int32(), preference: NodeSelectorTermSchema },
  ['weight', 'preference'],
)
export type PreferredSchedulingTerm = Static<typeof PreferredSchedulingTermSchema>

export const NodeAffinitySchema = kubernetesObject('NodeAffinity', {
  requiredDuringSchedulingIgnoredDuringExecution: NodeSelectorSchema,
  preferredDuringSchedulingIgnoredDuringExecution: list(PreferredSchedulingTermSchema),
})
export type NodeAffinity = Static<typeof NodeAffinitySchema>

export const PodAffinityTermSchema = kubernetesObject(
  'PodAffinityTerm',
  {
    labelSelector: LabelSelectorSchema,
    namespaces: list(text()),
    topologyKey: text(),
    namespaceSelector: LabelSelectorSchema,
    matchLabelKeys: list(text()),
    mismatchLabelKeys: list(text()),
  },
  ['topologyKey'],
)
export type PodAffinityTerm = Static<typeof PodAffinityTermSchema>

export const WeightedPodAffinityTermSchema = kubernetesObject(
  'WeightedPodAffinityTerm',
  { weight: int32(), podAffinityTerm: PodAffinityTermSchema },
  ['weight', 'podAffinityTerm'],
)
export type WeightedPodAffinityTerm = Static<typeof WeightedPodAffinityTermSchema>

export const PodAffinitySchema = kubernetesObject('PodAffinity', {
  requiredDuringSchedulingIgnoredDuringExecution: list(PodAffinityTermSchema),
  preferredDuringSchedulingIgnoredDuringExecution: list(WeightedPodAffinityTermSchema),
})
export type PodAffinity = Static<typeof PodAffinitySchema>

export const PodAntiAffinitySchema = kubernetesObject('PodAntiAffinity', {
  requiredDuringSchedulingIgnoredDuringExecution: list(PodAffinityTermSchema),
  preferredDuringSchedulingIgnoredDuringExecution: list(WeightedPodAffinityTermSchema),
})
export type PodAntiAffinity = Static<typeof PodAntiAffinitySchema>

export const AffinitySchema = kubernetesObject('Affinity', {
  nodeAffinity: NodeAffinitySchema,
  podAffinity: PodAffinitySchema,
  podAntiAffinity: PodAntiAffinitySchema,
})
export type Affinity = Static<typeof AffinitySchema>
