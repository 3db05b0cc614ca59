/** The room's door. */
export { DirectorySource } from './directory/source.ts'
export type { DirectorySourceOptions } from './directory/source.ts'
export type { FileState, FileStatus } from './rules/status-text.ts'
export { installTable, tableSql, tableState, tableSummary, uninstallTable } from './postgres/install.ts'
export type { Installed, TableState } from './postgres/install.ts'
export { TableSource } from './postgres/source.ts'
export type { TableReadings, TableSourceOptions } from './postgres/source.ts'
