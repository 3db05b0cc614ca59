/** How every object is named, labelled and pointed at. */
import { type Static, bool, int64, json, kubernetesObject, list, map, object, text, time } from './schema.ts'

export const OwnerReferenceSchema = kubernetesObject(
  'OwnerReference',
  { apiVersion: text(), kind: text(), name: text(), uid: text(), controller: bool(), blockOwnerDeletion: bool() },
  ['apiVersion', 'kind', 'name', 'uid'],
)
export type OwnerReference = Static<typeof OwnerReferenceSchema>

export const ObjectMetaSchema = kubernetesObject('ObjectMeta', {
  name: text('The name, unique in its namespace.'),
  generateName: text('Start of a name that is completed at random.'),
  namespace: text('The namespace; `default` if absent.'),
  selfLink: text(),
  uid: text(),
  resourceVersion: text(),
  generation: int64(),
  creationTimestamp: time(),
  deletionTimestamp: time(),
  deletionGracePeriodSeconds: int64(),
  labels: map(text(), 'Short texts to select by.'),
  annotations: map(text(), 'Texts of any length for tools and people.'),
  ownerReferences: list(OwnerReferenceSchema),
  finalizers: list(text()),
  managedFields: list(json()),
})
export type ObjectMeta = Static<typeof ObjectMetaSchema>

export const MetadataSchema = object('Metadata', { annotations: map(text()), labels: map(text()) })
export type Metadata = Static<typeof MetadataSchema>

export const LabelSelectorRequirementSchema = kubernetesObject(
  'LabelSelectorRequirement',
  { key: text(), operator: text(), values: list(text()) },
  ['key', 'operator'],
)
export type LabelSelectorRequirement = Static<typeof LabelSelectorRequirementSchema>

export const LabelSelectorSchema = kubernetesObject('LabelSelector', {
  matchLabels: map(text()),
  matchExpressions: list(LabelSelectorRequirementSchema),
})
export type LabelSelector = Static<typeof LabelSelectorSchema>

export const LocalObjectReferenceSchema = kubernetesObject('LocalObjectReference', { name: text() })
export type LocalObjectReference = Static<typeof LocalObjectReferenceSchema>

export const ObjectReferenceSchema = kubernetesObject('ObjectReference', {
  kind: text(),
  namespace: text(),
  name: text(),
  uid: text(),
  apiVersion: text(),
  resourceVersion: text(),
  fieldPath: text(),
})
export type ObjectReference = Static<typeof ObjectReferenceSchema>

export const TypedLocalObjectReferenceSchema = kubernetesObject(
  'TypedLocalObjectReference',
  { apiGroup: text(), kind: text(), name: text() },
  ['kind', 'name'],
)
export type TypedLocalObjectReference = Static<typeof TypedLocalObjectReferenceSchema>

export const TypedObjectReferenceSchema = kubernetesObject(
  'TypedObjectReference',
  { apiGroup: text(), kind: text(), name: text(), namespace: text() },
  ['kind', 'name'],
)
export type TypedObjectReference = Static<typeof TypedObjectReferenceSchema>

export const SecretKeySelectorSchema = kubernetesObject(
  'SecretKeySelector',
  { name: text(), key: text(), optional: bool() },
  ['key'],
)
export type SecretKeySelector = Static<typeof SecretKeySelectorSchema>

export const ConfigMapKeySelectorSchema = kubernetesObject(
  'ConfigMapKeySelector',
  { name: text(), key: text(), optional: bool() },
  ['key'],
)
export type ConfigMapKeySelector = Static<typeof ConfigMapKeySelectorSchema>

export const ConditionSchema = object('Condition', { type: text(), status: text(), message: text() })
export type Condition = Static<typeof ConditionSchema>
