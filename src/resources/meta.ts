/** How every object is named, labelled and pointed at. */
import { type Static, bool, int64, json, list, map, object, text, time } from './schema.ts'

export const OwnerReferenceSchema = object(
  'OwnerReference',
  { apiVersion: text(), kind: text(), name: text(), uid: text() },
  { blockOwnerDeletion: bool(), controller: bool() },
)
export type OwnerReference = Static<typeof OwnerReferenceSchema>

export const ObjectMetaSchema = object(
  'ObjectMeta',
  {},
  {
    annotations: map(text(), 'Texts of any length for tools and people.'),
    creationTimestamp: time(),
    deletionGracePeriodSeconds: int64(),
    deletionTimestamp: time(),
    finalizers: list(text()),
    generateName: text('Start of a name that is completed at random.'),
    generation: int64(),
    labels: map(text(), 'Short texts to select by.'),
    managedFields: list(json()),
    name: text('The name, unique in its namespace.'),
    namespace: text('The namespace; `default` if absent.'),
    ownerReferences: list(OwnerReferenceSchema),
    resourceVersion: text(),
    selfLink: text(),
    uid: text(),
  },
)
export type ObjectMeta = Static<typeof ObjectMetaSchema>

export const MetadataSchema = object('Metadata', {}, { annotations: map(text()), labels: map(text()) })
export type Metadata = Static<typeof MetadataSchema>

export const LabelSelectorRequirementSchema = object(
  'LabelSelectorRequirement',
  { key: text(), operator: text() },
  { values: list(text()) },
)
export type LabelSelectorRequirement = Static<typeof LabelSelectorRequirementSchema>

export const LabelSelectorSchema = object(
  'LabelSelector',
  {},
  { matchExpressions: list(LabelSelectorRequirementSchema), matchLabels: map(text()) },
)
export type LabelSelector = Static<typeof LabelSelectorSchema>

export const LocalObjectReferenceSchema = object('LocalObjectReference', {}, { name: text() })
export type LocalObjectReference = Static<typeof LocalObjectReferenceSchema>

export const ObjectReferenceSchema = object(
  'ObjectReference',
  {},
  {
    apiVersion: text(),
    fieldPath: text(),
    kind: text(),
    name: text(),
    namespace: text(),
    resourceVersion: text(),
    uid: text(),
  },
)
export type ObjectReference = Static<typeof ObjectReferenceSchema>

export const TypedLocalObjectReferenceSchema = object(
  'TypedLocalObjectReference',
  { kind: text(), name: text() },
  { apiGroup: text() },
)
export type TypedLocalObjectReference = Static<typeof TypedLocalObjectReferenceSchema>

export const TypedObjectReferenceSchema = object(
  'TypedObjectReference',
  { kind: text(), name: text() },
  { apiGroup: text(), namespace: text() },
)
export type TypedObjectReference = Static<typeof TypedObjectReferenceSchema>

export const SecretKeySelectorSchema = object('SecretKeySelector', { key: text() }, { name: text(), optional: bool() })
export type SecretKeySelector = Static<typeof SecretKeySelectorSchema>

export const ConfigMapKeySelectorSchema = object(
  'ConfigMapKeySelector',
  { key: text() },
  { name: text(), optional: bool() },
)
export type ConfigMapKeySelector = Static<typeof ConfigMapKeySelectorSchema>

export const ConditionSchema = object('Condition', {}, { message: text(), status: text(), type: text() })
export type Condition = Static<typeof ConditionSchema>
