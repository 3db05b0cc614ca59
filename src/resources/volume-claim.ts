/** Claims of storage, which become named Docker volumes. */
import {
  LabelSelectorSchema,
  ObjectMetaSchema,
  TypedLocalObjectReferenceSchema,
  TypedObjectReferenceSchema,
} from './meta.ts'
import { type Static, list, map, object, quantity, text, time } from './schema.ts'

export const VolumeResourceRequirementsSchema = object(
  'VolumeResourceRequirements',
  {},
  { limits: map(quantity()), requests: map(quantity()) },
)
export type VolumeResourceRequirements = Static<typeof VolumeResourceRequirementsSchema>

export const PersistentVolumeClaimSpecSchema = object(
  'PersistentVolumeClaimSpec',
  {},
  {
    accessModes: list(text()),
    dataSource: TypedLocalObjectReferenceSchema,
    dataSourceRef: TypedObjectReferenceSchema,
    resources: VolumeResourceRequirementsSchema,
    selector: LabelSelectorSchema,
    storageClassName: text(),
    volumeAttributesClassName: text(),
    volumeMode: text(),
    volumeName: text(),
  },
)
export type PersistentVolumeClaimSpec = Static<typeof PersistentVolumeClaimSpecSchema>

export const PersistentVolumeClaimConditionSchema = object(
  'PersistentVolumeClaimCondition',
  { status: text(), type: text() },
  { lastProbeTime: time(), lastTransitionTime: time(), message: text(), reason: text() },
)
export type PersistentVolumeClaimCondition = Static<typeof PersistentVolumeClaimConditionSchema>

export const ModifyVolumeStatusSchema = object(
  'ModifyVolumeStatus',
  { status: text() },
  { targetVolumeAttributesClassName: text() },
)
export type ModifyVolumeStatus = Static<typeof ModifyVolumeStatusSchema>

export const PersistentVolumeClaimStatusSchema = object(
  'PersistentVolumeClaimStatus',
  {},
  {
    accessModes: list(text()),
    allocatedResourceStatuses: map(text()),
    allocatedResources: map(quantity()),
    capacity: map(quantity()),
    conditions: list(PersistentVolumeClaimConditionSchema),
    currentVolumeAttributesClassName: text(),
    modifyVolumeStatus: ModifyVolumeStatusSchema,
    phase: text(),
  },
)
export type PersistentVolumeClaimStatus = Static<typeof PersistentVolumeClaimStatusSchema>

export const PersistentVolumeClaimSchema = object(
  'PersistentVolumeClaim',
  {},
  {
    apiVersion: text(),
    kind: text(),
    metadata: ObjectMetaSchema,
    spec: PersistentVolumeClaimSpecSchema,
    status: PersistentVolumeClaimStatusSchema,
  },
)
export type PersistentVolumeClaim = Static<typeof PersistentVolumeClaimSchema>

export const PersistentVolumeClaimTemplateSchema = object(
  'PersistentVolumeClaimTemplate',
  { spec: PersistentVolumeClaimSpecSchema },
  { metadata: ObjectMetaSchema },
)
export type PersistentVolumeClaimTemplate = Static<typeof PersistentVolumeClaimTemplateSchema>
