/** Kinds of volume that need a cloud or a storage cluster: read and kept, never mounted. */
import { LocalObjectReferenceSchema } from './meta.ts'
import { type Static, bool, int32, list, map, object, text } from './schema.ts'

export const AWSElasticBlockStoreVolumeSourceSchema = object(
  'AWSElasticBlockStoreVolumeSource',
  { volumeID: text() },
  { fsType: text(), partition: int32(), readOnly: bool() },
)
export type AWSElasticBlockStoreVolumeSource = Static<typeof AWSElasticBlockStoreVolumeSourceSchema>

export const AzureDiskVolumeSourceSchema = object(
  'AzureDiskVolumeSource',
  { diskName: text(), diskURI: text() },
  { cachingMode: text(), fsType: text(), kind: text(), readOnly: bool() },
)
export type AzureDiskVolumeSource = Static<typeof AzureDiskVolumeSourceSchema>

export const AzureFileVolumeSourceSchema = object(
  'AzureFileVolumeSource',
  { secretName: text(), shareName: text() },
  { readOnly: bool() },
)
export type AzureFileVolumeSource = Static<typeof AzureFileVolumeSourceSchema>

export const CephFSVolumeSourceSchema = object(
  'CephFSVolumeSource',
  { monitors: list(text()) },
  { path: text(), readOnly: bool(), secretFile: text(), secretRef: LocalObjectReferenceSchema, user: text() },
)
export type CephFSVolumeSource = Static<typeof CephFSVolumeSourceSchema>

export const CinderVolumeSourceSchema = object(
  'CinderVolumeSource',
  { volumeID: text() },
  { fsType: text(), readOnly: bool(), secretRef: LocalObjectReferenceSchema },
)
export type CinderVolumeSource = Static<typeof CinderVolumeSourceSchema>

export const CSIVolumeSourceSchema = object(
  'CSIVolumeSource',
  { driver: text() },
  { fsType: text(), nodePublishSecretRef: LocalObjectReferenceSchema, readOnly: bool(), volumeAttributes: map(text()) },
)
export type CSIVolumeSource = Static<typeof CSIVolumeSourceSchema>

export const FCVolumeSourceSchema = object(
  'FCVolumeSource',
  {},
  { fsType: text(), lun: int32(), readOnly: bool(), targetWWNs: list(text()), wwids: list(text()) },
)
export type FCVolumeSource = Static<typeof FCVolumeSourceSchema>

export const FlexVolumeSourceSchema = object(
  'FlexVolumeSource',
  { driver: text() },
  { fsType: text(), options: map(text()), readOnly: bool(), secretRef: LocalObjectReferenceSchema },
)
export type FlexVolumeSource = Static<typeof FlexVolumeSourceSchema>

export const FlockerVolumeSourceSchema = object('FlockerVolumeSource', {}, { datasetName: text(), datasetUUID: text() })
export type FlockerVolumeSource = Static<typeof FlockerVolumeSourceSchema>

export const GCEPersistentDiskVolumeSourceSchema = object(
  'GCEPersistentDiskVolumeSource',
  { pdName: text() },
  { fsType: text(), partition: int32(), readOnly: bool() },
)
export type GCEPersistentDiskVolumeSource = Static<typeof GCEPersistentDiskVolumeSourceSchema>

export const GitRepoVolumeSourceSchema = object(
  'GitRepoVolumeSource',
  { repository: text() },
  { directory: text(), revision: text() },
)
export type GitRepoVolumeSource = Static<typeof GitRepoVolumeSourceSchema>

export const GlusterfsVolumeSourceSchema = object(
  'GlusterfsVolumeSource',
  { endpoints: text(), path: text() },
  { readOnly: bool() },
)
export type GlusterfsVolumeSource = Static<typeof GlusterfsVolumeSourceSchema>

export const ISCSIVolumeSourceSchema = object(
  'ISCSIVolumeSource',
  { iqn: text(), lun: int32(), targetPortal: text() },
  {
    chapAuthDiscovery: bool(),
    chapAuthSession: bool(),
    fsType: text(),
    initiatorName: text(),
    iscsiInterface: text(),
    portals: list(text()),
    readOnly: bool(),
    secretRef: LocalObjectReferenceSchema,
  },
)
export type ISCSIVolumeSource = Static<typeof ISCSIVolumeSourceSchema>

export const PhotonPersistentDiskVolumeSourceSchema = object(
  'PhotonPersistentDiskVolumeSource',
  { pdID: text() },
  { fsType: text() },
)
export type PhotonPersistentDiskVolumeSource = Static<typeof PhotonPersistentDiskVolumeSourceSchema>

export const PortworxVolumeSourceSchema = object(
  'PortworxVolumeSource',
  { volumeID: text() },
  { fsType: text(), readOnly: bool() },
)
export type PortworxVolumeSource = Static<typeof PortworxVolumeSourceSchema>

export const QuobyteVolumeSourceSchema = object(
  'QuobyteVolumeSource',
  { registry: text(), volume: text() },
  { group: text(), readOnly: bool(), tenant: text(), user: text() },
)
export type QuobyteVolumeSource = Static<typeof QuobyteVolumeSourceSchema>

export const RBDVolumeSourceSchema = object(
  'RBDVolumeSource',
  { image: text(), monitors: list(text()) },
  {
    fsType: text(),
    keyring: text(),
    pool: text(),
    readOnly: bool(),
    secretRef: LocalObjectReferenceSchema,
    user: text(),
  },
)
export type RBDVolumeSource = Static<typeof RBDVolumeSourceSchema>

export const ScaleIOVolumeSourceSchema = object(
  'ScaleIOVolumeSource',
  { gateway: text(), secretRef: LocalObjectReferenceSchema, system: text() },
  {
    fsType: text(),
    protectionDomain: text(),
    readOnly: bool(),
    sslEnabled: bool(),
    storageMode: text(),
    storagePool: text(),
    volumeName: text(),
  },
)
export type ScaleIOVolumeSource = Static<typeof ScaleIOVolumeSourceSchema>

export const StorageOSVolumeSourceSchema = object(
  'StorageOSVolumeSource',
  {},
  {
    fsType: text(),
    readOnly: bool(),
    secretRef: LocalObjectReferenceSchema,
    volumeName: text(),
    volumeNamespace: text(),
  },
)
export type StorageOSVolumeSource = Static<typeof StorageOSVolumeSourceSchema>

export const VsphereVirtualDiskVolumeSourceSchema = object(
  'VsphereVirtualDiskVolumeSource',
  { volumePath: text() },
  { fsType: text(), storagePolicyID: text(), storagePolicyName: text() },
)
export type VsphereVirtualDiskVolumeSource = Static<typeof VsphereVirtualDiskVolumeSourceSchema>
