/** The room's door: the port, and the adapters for the composition roots. */
export { objectKey } from './port.ts'
export { joinLists, longLists } from './long-lists.ts'
export type { IdPiece, LongList, LongLists } from './long-lists.ts'
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
export type {
  Command,
  EngineShare,
  Fleet,
  FleetEngine,
  FleetEvent,
  FleetListener,
  FleetLocks,
  FleetSelf,
  LockGrant,
  LockStanding,
  LockWish,
  Member,
} from './fleet.ts'
export type { LeaseStatus, StoreAdministration } from './administration.ts'
export type { MigrationState } from './migrations.ts'
export { administerPostgres } from './postgres/administration.ts'
export { administerSqlite } from './sqlite/administration.ts'
export { backupSqlite, restoreSqlite } from './sqlite/backup.ts'
export { openSqliteStore } from './sqlite/store.ts'
export type { SqliteStoreOptions } from './sqlite/store.ts'
export { MemoryDisk, openMemoryStore } from './memory/store.ts'
export type { CommitFault, MemoryStoreOptions } from './memory/store.ts'
export { openMemoryMember } from './memory/member.ts'
export type { MemoryMember, MemoryMemberOptions } from './memory/member.ts'
export { openPostgresStore } from './postgres/store.ts'
export type { PostgresStore, PostgresStoreOptions } from './postgres/store.ts'
