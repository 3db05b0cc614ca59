/** The room's door. */
export { DirectorySource } from './directory/source.ts'
export type { DirectorySourceOptions } from './directory/source.ts'
export type { FileState, FileStatus } from './rules/status-text.ts'
