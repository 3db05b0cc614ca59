/** Claims of storage, which become named Docker volumes. */
import {
  LabelSelectorSchema,
  ObjectMetaSchema,
  TypedLocalObjectReferenceSchema,
  TypedObjectReferenceSchema,
} from './meta.ts'
import { type Static, kubernetesObject, list, map, quantity, text, time } from './schema.ts'

export const VolumeResourceRequirementsSchema = kubernetesObject('VolumeResourceRequirements', {
  limits: map(quantity()),
  requests: map(quantity()),
})
export type VolumeResourceRequirements = Static<typeof VolumeResourceRequirementsSchema>

export const PersistentVolumeClaimSpecSchema = kubernetesObject('PersistentVolumeClaimSpec', {
  accessModes: list(text()),
  selector: LabelSelectorSchema,
  resources: VolumeResourceRequirementsSchema,
  volumeName: text(),
  storageClassName: text(),
  volumeMode: text(),
  dataSource: TypedLocalObjectReferenceSchema,
  dataSourceRef: TypedObjectReferenceSchema,
  volumeAttributesClassName: text(),
})
export type PersistentVolumeClaimSpec = Static<typeof PersistentVolumeClaimSpecSchema>

export const PersistentVolumeClaimConditionSchema = kubernetesObject(
  'PersistentVolumeClaimCondition',
  { type: text(), status: text(), lastProbeTime: time(), lastTransitionTime: time(), reason: text(), message: text() },
  ['type', 'status'],
)
export type PersistentVolumeClaimCondition = Static<typeof PersistentVolumeClaimConditionSchema>

export const ModifyVolumeStatusSchema = kubernetesObject(
  'ModifyVolumeStatus',
  { targetVolumeAttributesClassName: text(), status: text() },
  ['status'],
)
export type ModifyVolumeStatus = Static<typeof ModifyVolumeStatusSchema>

export const PersistentVolumeClaimStatusSchema = kubernetesObject('PersistentVolumeClaimStatus', {
  phase: text(),
  accessModes: list(text()),
  capacity: map(quantity()),
  conditions: list(PersistentVolumeClaimConditionSchema),
  allocatedResources: map(quantity()),
  allocatedResourceStatuses: map(text()),
  currentVolumeAttributesClassName: text(),
  modifyVolumeStatus: ModifyVolumeStatusSchema,
})
export type PersistentVolumeClaimStatus = Static<typeof PersistentVolumeClaimStatusSchema>

export const PersistentVolumeClaimSchema = kubernetesObject(
  'PersistentVolumeClaim',
  {
    kind: text(),
    apiVersion: text(),
    metadata: ObjectMetaSchema,
    spec: PersistentVolumeClaimSpecSchema,
    status: PersistentVolumeClaimStatusSchema,
  },
  ['metadata', 'spec'],
)
export type PersistentVolumeClaim = Static<typeof PersistentVolumeClaimSchema>

export const PersistentVolumeClaimTemplateSchema = kubernetesObject(
  'PersistentVolumeClaimTemplate',
  { metadata: ObjectMetaSchema, spec: PersistentVolumeClaimSpecSchema },
  ['spec'],
)
export type PersistentVolumeClaimTemplate = Static<typeof PersistentVolumeClaimTemplateSchema>
