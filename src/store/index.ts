/** The room's door: the port, and the adapters for the composition roots. */
export { objectKey } from './port.ts'
export type {
  Change,
  Committed,
  NodePage,
  NodeRow,
  ObjectRow,
  Store,
  StoreErrorCode,
  StoreEvent,
  StoreHealth,
  WorkflowQuery,
  WorkflowRow,
} from './port.ts'
export { openSqliteStore } from './sqlite/store.ts'
export type { SqliteStoreOptions } from './sqlite/store.ts'
export { MemoryDisk, openMemoryStore } from './memory/store.ts'
export type { CommitFault, MemoryStoreOptions } from './memory/store.ts'
export { openPostgresStore } from './postgres/store.ts'
export type { PostgresStore, PostgresStoreOptions } from './postgres/store.ts'
