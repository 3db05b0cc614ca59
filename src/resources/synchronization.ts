/** Mutexes and semaphores: what is asked for, held and waited for. */
import { ConfigMapKeySelectorSchema } from './meta.ts'
import { type Static, bool, list, object, text } from './schema.ts'

export const MutexSchema = object('Mutex', {
  name: text('The lock’s name in its namespace.'),
  namespace: text(),
  database: bool(),
})
export type Mutex = Static<typeof MutexSchema>

export const SyncDatabaseRefSchema = object('SyncDatabaseRef', { key: text() }, ['key'])
export type SyncDatabaseRef = Static<typeof SyncDatabaseRefSchema>

export const SemaphoreRefSchema = object('SemaphoreRef', {
  configMapKeyRef: ConfigMapKeySelectorSchema,
  namespace: text(),
  database: SyncDatabaseRefSchema,
})
export type SemaphoreRef = Static<typeof SemaphoreRefSchema>

export const SynchronizationSchema = object('Synchronization', {
  semaphores: list(SemaphoreRefSchema),
  mutexes: list(MutexSchema),
})
export type Synchronization = Static<typeof SynchronizationSchema>

export const MutexHoldingSchema = object('MutexHolding', { mutex: text(), holder: text() })
export type MutexHolding = Static<typeof MutexHoldingSchema>

export const MutexStatusSchema = object('MutexStatus', {
  holding: list(MutexHoldingSchema),
  waiting: list(MutexHoldingSchema),
})
export type MutexStatus = Static<typeof MutexStatusSchema>

export const SemaphoreHoldingSchema = object('SemaphoreHolding', { semaphore: text(), holders: list(text()) })
export type SemaphoreHolding = Static<typeof SemaphoreHoldingSchema>

export const SemaphoreStatusSchema = object('SemaphoreStatus', {
  holding: list(SemaphoreHoldingSchema),
  waiting: list(SemaphoreHoldingSchema),
})
export type SemaphoreStatus = Static<typeof SemaphoreStatusSchema>

export const SynchronizationStatusSchema = object('SynchronizationStatus', {
  semaphore: SemaphoreStatusSchema,
  mutex: MutexStatusSchema,
})
export type SynchronizationStatus = Static<typeof SynchronizationStatusSchema>

export const NodeSynchronizationStatusSchema = object('NodeSynchronizationStatus', { waiting: text() })
export type NodeSynchronizationStatus = Static<typeof NodeSynchronizationStatusSchema>
