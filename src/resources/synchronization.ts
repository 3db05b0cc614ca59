/** Mutexes and semaphores: what is asked for, held and waited for. */
import { ConfigMapKeySelectorSchema } from './meta.ts'
import { type Static, bool, list, object, text } from './schema.ts'

export const MutexSchema = object(
  'Mutex',
  {},
  { database: bool(), name: text('The lock’s name in its namespace.'), namespace: text() },
)
export type Mutex = Static<typeof MutexSchema>

export const SyncDatabaseRefSchema = object('SyncDatabaseRef', { key: text() }, {})
export type SyncDatabaseRef = Static<typeof SyncDatabaseRefSchema>

export const SemaphoreRefSchema = object(
  'SemaphoreRef',
  {},
  { configMapKeyRef: ConfigMapKeySelectorSchema, database: SyncDatabaseRefSchema, namespace: text() },
)
export type SemaphoreRef = Static<typeof SemaphoreRefSchema>

export const SynchronizationSchema = object(
  'Synchronization',
  {},
  { mutexes: list(MutexSchema), semaphores: list(SemaphoreRefSchema) },
)
export type Synchronization = Static<typeof SynchronizationSchema>

export const MutexHoldingSchema = object('MutexHolding', {}, { holder: text(), mutex: text() })
export type MutexHolding = Static<typeof MutexHoldingSchema>

export const MutexStatusSchema = object(
  'MutexStatus',
  {},
  { holding: list(MutexHoldingSchema), waiting: list(MutexHoldingSchema) },
)
export type MutexStatus = Static<typeof MutexStatusSchema>

export const SemaphoreHoldingSchema = object('SemaphoreHolding', {}, { holders: list(text()), semaphore: text() })
export type SemaphoreHolding = Static<typeof SemaphoreHoldingSchema>

export const SemaphoreStatusSchema = object(
  'SemaphoreStatus',
  {},
  { holding: list(SemaphoreHoldingSchema), waiting: list(SemaphoreHoldingSchema) },
)
export type SemaphoreStatus = Static<typeof SemaphoreStatusSchema>

export const SynchronizationStatusSchema = object(
  'SynchronizationStatus',
  {},
  { mutex: MutexStatusSchema, semaphore: SemaphoreStatusSchema },
)
export type SynchronizationStatus = Static<typeof SynchronizationStatusSchema>

export const NodeSynchronizationStatusSchema = object('NodeSynchronizationStatus', {}, { waiting: text() })
export type NodeSynchronizationStatus = Static<typeof NodeSynchronizationStatusSchema>
